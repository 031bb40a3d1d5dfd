/** oauth4webapi as a resource server in place of ours: the same request, the same keys, another judge. */
import * as oauth from 'oauth4webapi'
import type { WholeBench } from '../adversarial/bench.ts'
import type { HostileRequest } from '../adversarial/input.ts'

/** Whether it lets the request in, and what it says if not. */
export async function opinionOn(
  { issuer, server }: WholeBench,
  { line, fields }: HostileRequest,
): Promise<{ accepted: boolean; why?: string }> {
  const [method = '', target = ''] = line.split(' ')
  const headers = fields.map((field): [string, string] => {
    const [name = '', ...value] = field.split(':')
    return [name, value.join(':').trim()]
  })
  const keys = server.url('/oauth/jwks')
  const options = { [oauth.allowInsecureRequests]: true, [oauth.clockTolerance]: 0 }
  try {
    const request = new Request(issuer + target, { method, headers })
    const as = { issuer, jwks_uri: keys }
    await oauth.validateJwtAccessToken(as, request, `${issuer}/api`, options)
    return { accepted: true }
  } catch (error) {
    return { accepted: false, why: error instanceof Error ? error.message : String(error) }
  }
}

/** What it reads in the `WWW-Authenticate` lines of an answer; undefined when it cannot read them. */
export async function challengesReadFrom(
  lines: readonly string[],
): Promise<readonly oauth.WWWAuthenticateChallenge[] | undefined> {
  const headers = new Headers(lines.map((line): [string, string] => ['WWW-Authenticate', line]))
  const answer = async () => new Response(null, { status: 401, headers })
  const address = new URL('https://api.example/')
  const options = { [oauth.customFetch]: answer }
  try {
    await oauth.protectedResourceRequest('T', 'GET', address, new Headers(), null, options)
  } catch (error) {
    if (error instanceof oauth.WWWAuthenticateChallengeError) return error.cause
    throw error
  }
  return undefined
}
