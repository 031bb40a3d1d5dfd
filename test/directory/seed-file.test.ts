import { writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { readSeedFile } from '../../src/directory/seed/file.ts'
import { StartFault } from '../../src/lib/fault.ts'
import { temporaryFolder } from '../helpers/database.ts'
import { issuer } from './open.ts'

/** The faults of a file with this text, each without the file's path. */
async function faultsOf(t: ExecutionContext, text: string): Promise<string[]> {
  const file = path.join(await temporaryFolder(t), 'seed.yaml')
  writeFileSync(file, text)
  try {
    await readSeedFile(file, issuer)
  } catch (error) {
    if (error instanceof StartFault) return error.faults.map((fault) => fault.replace(file, ''))
    throw error
  }
  return []
}

test('an empty file seeds nothing, and is no fault', async (t) => {
  t.deepEqual(await faultsOf(t, ''), [])
  t.deepEqual(await faultsOf(t, '# nobody\n'), [])
})

test('a file that is not there is one clear fault', async (t) => {
  const file = path.join(await temporaryFolder(t), 'none.yaml')
  const fault = await t.throwsAsync(readSeedFile(file, issuer), { instanceOf: StartFault })
  t.is(fault.message, `SEED_FILE ${file} cannot be read (ENOENT).`)
})

test('what is not YAML is told with its line', async (t) => {
  const faults = await faultsOf(t, 'people:\n  - login: alice\n   password: x\n')
  t.regex(faults[0] ?? '', /^, line 3: /)
})

test('all faults are told at once, each with its line and its place', async (t) => {
  const faults = await faultsOf(
    t,
    `people:
  - login: alice
    password: 12345
  - login: bob
    pasword: builder
clients:
  - client_id: web
    client_secret: x
    redirect_uris: []
resources:
  - identifier: /api
    name: Notes
    format: paseto
    access_token_ttl: 0
    scopes: {}
`,
  )
  t.deepEqual(faults, [
    ', line 3: people[0].password must be a text.',
    ', line 4: people[1].password is missing; it must be a text.',
    ', line 4: people[1] has "pasword", which is not known here.',
    ', line 11: resources[0].identifier must begin with <issuer> or be an absolute URL, without query and fragment.',
    ', line 13: resources[0].format must be "jwt" or "opaque".',
    ', line 14: resources[0].access_token_ttl must be at least 1.',
  ])
})

test('the key of one-time codes is base32 of at least 160 bits, without padding', async (t) => {
  const faults = await faultsOf(
    t,
    `people:
  - { login: a, password: x, totp_secret: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP }
  - { login: b, password: x, totp_secret: JBSWY3DPEHPK3PXP }
  - { login: c, password: x, totp_secret: jbswy3dpehpk3pxpjbswy3dpehpk3pxp }
  - { login: d, password: x, totp_secret: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3P== }
  - { login: e, password: x, totp_secret: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX1 }
  - { login: f, password: x, totp_secret: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPA }
`,
  )
  t.deepEqual(
    faults,
    [1, 2, 3, 4, 5].map(
      (at) =>
        `, line ${at + 2}: people[${at}].totp_secret must be base32 (RFC 4648 §6): 32 or more of A to Z and 2 to 7, a multiple of 8.`,
    ),
  )
})

test('clients are judged as any client is, by name', async (t) => {
  const faults = await faultsOf(
    t,
    `clients:
  - client_id: web
    redirect_uris: [http://shop.example/cb]
  - client_id: spa
    client_secret: x
    token_endpoint_auth_method: none
    redirect_uris: [http://localhost/cb]
  - client_id: job
    grant_types: [client_credentials]
`,
  )
  t.deepEqual(faults, [
    ', line 2: clients[0] (web): redirect_uris[0] is "http://shop.example/cb", which is plain http on a host that is not loopback; use https, or localhost while developing.',
    ', line 4: clients[1] (spa): client_secret must be left out for a client without authentication ("none").',
    ', line 8: clients[2] (job): client_secret is missing; leave it out only with token_endpoint_auth_method "none".',
  ])
})

test('references to what the file does not have, and doubles, are faults', async (t) => {
  const faults = await faultsOf(
    t,
    `people:
  - { login: alice, password: a }
  - { login: alice, password: b }
clients:
  - { client_id: api, client_secret: x, grant_types: [], audiences: [<issuer>/other] }
  - { client_id: job, client_secret: x, grant_types: [client_credentials], resource_scopes: 'notes:raed' }
notes:
  - { id: n1, owner: bob, text: x, shared_with: [carol], created_at: 2026-01-05T09:00:00Z }
`,
  )
  t.deepEqual(faults, [
    ', line 3: people[1] is "alice" for the second time.',
    ', line 8: notes[0].owner is "bob", and there is no such person.',
    ', line 8: notes[0].shared_with[0] is "carol", and there is no such person.',
    ', line 5: clients[0].audiences[0] is "<issuer>/other", and there is no such resource.',
    ', line 6: clients[1].resource_scopes has "notes:raed", and no resource has this scope.',
  ])
})

test('a client may not have the name of a person', async (t) => {
  const faults = await faultsOf(
    t,
    `people:
  - login: alice
    password: wonderland
clients:
  - client_id: alice
    client_secret: x
    grant_types: [client_credentials]
`,
  )
  t.is(faults.length, 1)
  t.regex(faults[0] ?? '', /is "alice", and that is a person/)
})
