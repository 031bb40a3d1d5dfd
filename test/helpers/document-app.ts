/** An app that is known by the address of a document about it, and what it is told when that is refused. */
import { createPerson, type App } from './person.ts'
import type { TestServer } from './start.ts'

export const redirectUri = 'https://app.example/callback'

export const DOCUMENT = {
  client_name: 'Notes on the Go',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
}

export const appOf = (id: string): App => ({ id, redirectUri })

/** What the page says, and what the journal knows. */
export async function refusedAt(
  server: TestServer,
  id: string,
  params: Record<string, string> = {},
) {
  const { url } = createPerson(server.issuer, appOf(id)).request(params)
  const response = await fetch(url, { headers: { accept: 'text/html' }, redirect: 'manual' })
  const text = await response.text()
  const requestId = response.headers.get('x-request-id') ?? ''
  const explained = await fetch(server.url(`/doctor/${requestId}`), {
    headers: { accept: 'application/json' },
  })
  return { status: response.status, text, evidence: await explained.text() }
}
