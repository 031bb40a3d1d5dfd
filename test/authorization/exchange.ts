/** Clients that exchange tokens (RFC 8693), and the tokens that they exchange. */
import type { ExecutionContext } from 'ava'
import type { ClientInput } from '../../src/directory/clients.ts'
import { proofFor, type ProofKey } from '../../src/lab/proof.ts'
import { basicCredentials, formRequest } from '../../scripts/kit/client.ts'
import { callApi, post, type Answered } from '../helpers/person.ts'
import type { TestServer } from '../helpers/start.ts'

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'

export type Params = Record<string, string | undefined>

export const SERVICE = { id: 'service', secret: 'service-secret' }

/** Asks for an exchange as this client. */
export async function exchange(
  server: TestServer,
  params: Params,
  as = SERVICE,
  key?: ProofKey,
): Promise<Answered> {
  const all: Params = { grant_type: EXCHANGE, subject_token_type: ACCESS_TOKEN, ...params }
  const given = Object.entries(all).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  const url = server.url('/oauth/token')
  const response = await fetch(
    url,
    formRequest(Object.fromEntries(given), {
      authorization: basicCredentials(as.id, as.secret),
      ...(key && { dpop: proofFor({ method: 'POST', url, key }) }),
    }),
  )
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answered['body'],
  }
}

/** A token of alice for `web`, minted by the lab. */
export async function subjectToken(server: TestServer, wish: object = {}): Promise<string> {
  const response = await fetch(server.url('/lab/mint'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      sub: 'alice',
      client_id: 'web',
      scope: 'notes:read notes:write',
      ...wish,
    }),
  })
  const body = (await response.json()) as { access_token?: string }
  if (body.access_token === undefined) throw new Error(JSON.stringify(body))
  return body.access_token
}

export const ledgerToken = (server: TestServer): Promise<string> =>
  subjectToken(server, { scope: 'ledger:read', audience: server.url('/ledger') })

export const actorToken = async (server: TestServer, as = SERVICE): Promise<string> => {
  const form = { grant_type: 'client_credentials', scope: 'notes:read' }
  return (await post(server.url('/oauth/token'), form, { ...as, redirectUri: '' })).body
    .access_token as string
}

export const asActor = async (server: TestServer, as = SERVICE) => ({
  actor_token: await actorToken(server, as),
  actor_token_type: ACCESS_TOKEN,
})

/** Registers a client that may exchange, and get tokens for itself. */
export async function exchanger(
  server: TestServer,
  id: string,
  policy: Partial<NonNullable<ClientInput['token_exchange']>> | undefined = {},
  more: Partial<ClientInput> = {},
) {
  const secret = `${id}-secret`
  await server.clients.add({
    client_id: id,
    client_secret: secret,
    redirect_uris: [],
    grant_types: [EXCHANGE, 'client_credentials'],
    token_exchange: { subjects: 'any', audiences: ['<issuer>/api', '<issuer>/ledger'], ...policy },
    ...more,
  })
  return { id, secret }
}

/** Id, status and header of a refusal. */
export function refusedWith(
  t: ExecutionContext,
  answer: Answered,
  id: string,
  error: string,
): void {
  const { status, headers, body } = answer
  const uri = typeof body['error_uri'] === 'string' ? body['error_uri'] : ''
  t.deepEqual(
    [status, body.error, uri.split('/').at(-1), headers.get('cache-control')],
    [400, error, id, 'no-store'],
    JSON.stringify(body),
  )
}

export const whoami = (server: TestServer, token: unknown) =>
  callApi(server.url('/api/whoami'), String(token))
