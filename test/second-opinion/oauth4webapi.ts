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
