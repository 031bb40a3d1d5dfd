/** A seed of one entry or three of each kind, and a directory it was loaded into. */
import type { ExecutionContext } from 'ava'
import { openDirectory } from './open.ts'
import type { Directory } from './open.ts'

export const small = `
people:
  - { login: alice, password: wonderland, about: the first, name: Alice }
  - { login: bob, password: builder }
  - { login: carol, password: choir, disabled: true }
clients:
  - client_id: web
    client_secret: web-secret
    about: a web app
    redirect_uris: [http://localhost:3000/callback, <issuer>/demo/callback]
resources:
  - identifier: <issuer>/api
    name: Notes
    format: jwt
    access_token_ttl: 300
    scopes: { 'notes:read': Read notes }
notes:
  - { id: n1, owner: alice, text: Hello, shared_with: [bob], created_at: 2026-01-05T09:00:00Z }
ledger:
  - { id: e1, owner: bob, text: Bricks, amount: -4800, currency: EUR, booked_at: 2026-01-05T00:00:00Z }
`

export const edited = (from: string, to: string) => {
  if (!small.includes(from)) throw new Error(`the seed has no ${from}`)
  return small.replace(from, to)
}

/** A directory into which the small seed was loaded once, with the hashing so far forgotten. */
export async function seeded(t: ExecutionContext): Promise<Directory> {
  const directory = await openDirectory(t)
  await (await directory.seed(small)).apply()
  directory.hashed.length = 0
  return directory
}

export const apply = async (directory: Directory, text: string) =>
  (await directory.seed(text)).apply()
