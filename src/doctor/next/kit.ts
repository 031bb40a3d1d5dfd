/** Commands and addresses to copy: curl lines and authorization requests, with no secret but those of the seed file. */
import { demoRedirectUri, demoState, demoChallenge, demoVerifier } from '../../demo/sign-in.ts'
import type { ClientRecord, Clients } from '../../directory/clients.ts'
import { shellWord } from '../../web/shell-word.ts'
import type { Advice } from '../diagnosis.ts'
import type { Refused } from './refused.ts'

/** RFC 7523 §2.2; only the client can make the assertion itself. */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type KitParts = {
  issuer: string
  clients: Pick<Clients, 'find' | 'list'>
  /** Clients of the seed file, whose secrets are public. */
  seeded: readonly { clientId: string; secret?: string | undefined }[]
  /** The scopes of a protected API. */
  scopesOf: (resource: string) => readonly string[]
}

export type Kit = ReturnType<typeof createKit>

type Ask = { scopes?: readonly string[]; params?: Readonly<Record<string, string>> }

const MAY_HAVE_BODY = new Set(['POST', 'PUT', 'PATCH'])

/** `$TOKEN` and its like stand for what the reader has and this page does not. */
export function createKit({ issuer, clients, seeded, scopesOf }: KitParts) {
  const tokenEndpoint = `${issuer}/oauth/token`

  const secretOf = (clientId: string): string =>
    seeded.find((one) => one.clientId === clientId)?.secret ?? 'CLIENT_SECRET'

  /** The client of the token, where people can sign in with it; else one of the seed file. */
  async function signInClient(clientId: unknown): Promise<ClientRecord | undefined> {
    const own = typeof clientId === 'string' ? await clients.find(clientId) : undefined
    if (own && signsPeopleIn(own)) return own
    const usable = (await inOrder()).filter(signsPeopleIn)
    return usable.find(returnsToDemo) ?? usable[0]
  }

  /** Those of the seed file first, as the file has them: they are what the reader knows. */
  async function inOrder(): Promise<ClientRecord[]> {
    const place = ({ clientId }: ClientRecord) => {
      const at = seeded.findIndex((one) => one.clientId === clientId)
      return at === -1 ? seeded.length : at
    }
    return (await clients.list()).toSorted((a, b) => place(a) - place(b))
  }

  const returnsToDemo = ({ metadata }: ClientRecord): boolean =>
    metadata.redirect_uris.includes(demoRedirectUri(issuer))

  /** How a client authenticates at the token endpoint, as options of curl. */
  function authentication({ clientId, metadata }: Pick<ClientRecord, 'clientId' | 'metadata'>) {
    if (metadata.token_endpoint_auth_method === 'none')
      return `-d ${shellWord(`client_id=${clientId}`)}`
    if (metadata.token_endpoint_auth_method === 'private_key_jwt') {
      return `-d client_assertion_type=${JWT_BEARER} -d client_assertion=CLIENT_ASSERTION`
    }
    return `-u ${shellWord(`${clientId}:${secretOf(clientId)}`)}`
  }

  const urlOf = (path: string): string => issuer + (path.startsWith('/') ? path : '/api/notes')

  function callWith(
    credentials: string,
    { method, path }: Pick<Refused, 'method' | 'path'>,
  ): string {
    const verb = method === '' ? 'GET' : method
    const body = MAY_HAVE_BODY.has(verb) ? ` -H 'Content-Type: application/json' -d @body.json` : ''
    const option = verb === 'GET' ? '' : verb === 'HEAD' ? ' -I' : ` -X ${shellWord(verb)}`
    const separated = credentials === '' ? '' : ` ${credentials}`
    return `curl -i${option}${separated}${body} ${shellWord(urlOf(path))}`
  }

  return {
    issuer,
    tokenEndpoint,

    /** A client's id and secret as curl takes them. */
    credentialsOf: (clientId: string): string => shellWord(`${clientId}:${secretOf(clientId)}`),

    /** The same request again, with a token. */
    call: (refused: Pick<Refused, 'method' | 'path'>): Advice => ({
      says: 'Then call again with the new access token:',
      command: callWith('-H "Authorization: Bearer $TOKEN"', refused),
    }),

    /** For whoever has a token already. */
    resend: (refused: Pick<Refused, 'method' | 'path'>): Advice => ({
      says: 'Whoever has an access token sends it so:',
      command: callWith('-H "Authorization: Bearer $TOKEN"', refused),
    }),

    /** The same request as it should be. */
    callAs: (
      says: string,
      credentials: string,
      refused: Pick<Refused, 'method' | 'path'>,
    ): Advice => ({
      says,
      command: callWith(credentials, refused),
    }),

    prove: (refused: Refused, says: string): Advice => ({
      says: `${says} htm is ${refused.method || 'GET'}, htu is ${urlOf(refused.path)}.`,
      command: callWith('-H "Authorization: DPoP $TOKEN" -H "DPoP: $PROOF"', refused),
    }),

    basic: (refused: Refused): Advice => ({
      says: 'Send a user name; curl asks for the password:',
      command: callWith('-u alice', refused),
    }),

    digest: (refused: Refused): Advice => ({
      says: 'Let curl answer the challenge; it asks for the password:',
      command: callWith('--digest -u alice', refused),
    }),

    whoami: (): Advice => ({
      says: 'See what the token says:',
      command: `curl -H "Authorization: Bearer $TOKEN" ${issuer}/api/whoami`,
    }),

    health: (): Advice => ({
      says: 'See whether the server is well; its log has the details under the request id:',
      command: `curl -i ${issuer}/health/ready`,
    }),

    /** The address that begins a sign-in, and the command that redeems its code. */
    async authorize(refused: Refused, { scopes = [], params = {} }: Ask): Promise<Advice[]> {
      const client = await signInClient(refused.claims?.client_id ?? refused.clientId)
      if (!client) return []
      const redirectUri = returnsToDemo(client)
        ? demoRedirectUri(issuer)
        : (client.metadata.redirect_uris[0] ?? '')
      const { audience } = refused
      // Where any token will do, one scope of the API makes it a token for the API.
      const usual = ['openid', 'profile', ...(audience ? scopesOf(audience).slice(0, 1) : [])]
      const wanted = [...new Set(scopes.length > 0 ? scopes : usual)]
      const query = new URLSearchParams({
        client_id: client.clientId,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: wanted.join(' '),
        ...(audience !== undefined && { resource: audience }),
        state: demoState,
        code_challenge: demoChallenge,
        code_challenge_method: 'S256',
        ...params,
      })
      const exchange = [
        `curl -s ${authentication(client)} -d grant_type=authorization_code -d code=CODE`,
        `-d ${shellWord(`redirect_uri=${redirectUri}`)} -d code_verifier=${demoVerifier}`,
        tokenEndpoint,
      ]
      return [
        {
          says: 'Open this in a browser, where the person signs in and allows it:',
          command: `${issuer}/oauth/authorize?${query.toString()}`,
        },
        {
          says: 'Redeem the code that comes back, within a minute (the PKCE pair is the example of RFC 7636, appendix B):',
          command: exchange.join(' \\\n  '),
        },
      ]
    },

    async refresh(refused: Refused): Promise<Advice> {
      const client = await signInClient(refused.claims?.client_id)
      const credentials = client ? authentication(client) : '-u CLIENT_ID:CLIENT_SECRET'
      return {
        says: 'Refresh once; if that is refused too, the person has to sign in again:',
        command: `curl -s ${credentials} -d grant_type=refresh_token \\\n  --data-urlencode "refresh_token=$REFRESH_TOKEN" ${tokenEndpoint}`,
      }
    },

    /** A token for a program that acts for itself (RFC 6749 §4.4). */
    async programToken({
      scopes = [],
      claims,
    }: Pick<Refused, 'scopes' | 'claims'>): Promise<Advice> {
      const all = await inOrder()
      const able = all.filter(({ metadata }) => metadata.grant_types.includes('client_credentials'))
      const client = able.find(({ clientId }) => clientId === claims?.client_id) ?? able[0]
      const credentials = client ? authentication(client) : '-u CLIENT_ID:CLIENT_SECRET'
      const scope = scopes.length > 0 ? ` -d ${shellWord(`scope=${scopes.join(' ')}`)}` : ''
      return {
        says: 'A program that acts for itself asks for a token so:',
        command: `curl -s ${credentials} -d grant_type=client_credentials${scope} ${tokenEndpoint}`,
      }
    },
  }
}

const signsPeopleIn = ({ metadata }: ClientRecord): boolean =>
  metadata.grant_types.includes('authorization_code') && metadata.redirect_uris.length > 0
