/** Where a programmer has to change the request: the request as it should be. */
import { rowOf, type RefusalId } from '../../refusals/catalogue.ts'
import { scopesOf } from '../../resource/permission.ts'
import { shellWord } from '../../web/shell-word.ts'
import type { Advice } from '../diagnosis.ts'
import type { Refused } from './refused.ts'
import type { Kit } from './kit.ts'

const BEARER = '-H "Authorization: Bearer $TOKEN"'
const DPOP = '-H "Authorization: DPoP $TOKEN" -H "DPoP: $PROOF"'

/** Refusals whose remedy is a token of another kind, or from elsewhere. */
const NEEDS_TOKEN = new Set<RefusalId>([
  'token-wrong-typ',
  'token-wrong-issuer',
  'token-wrong-audience',
])

const NEEDS_PROOF = new Set<RefusalId>([
  'dpop-proof-missing',
  'dpop-proof-multiple',
  'dpop-token-as-bearer',
])

export async function fixFor(refused: Refused, kit: Kit): Promise<Advice[]> {
  const { id, path } = refused
  const { arises } = rowOf(id)
  if (NEEDS_TOKEN.has(id)) {
    const scopes = [...scopesOf(refused.claims?.scope), ...(refused.scopes ?? [])]
    return [...(await kit.authorize(refused, { scopes })), kit.call(refused)]
  }
  if (NEEDS_PROOF.has(id)) {
    return [kit.callAs('Send the token with the scheme DPoP and a proof:', DPOP, refused)]
  }
  if (id === 'not-found') {
    const command = `curl ${kit.issuer}/.well-known/openid-configuration`
    return [{ says: 'See which addresses there are:', command }]
  }
  if (id === 'misdirected') return [kit.callAs('Call the issuer’s address:', '', refused)]
  if (id.startsWith('authz-') || id === 'par-refused') return kit.authorize(refused, {})
  if (id.startsWith('dcr-')) return [register(kit)]
  if (id === 'logout-refused') {
    return [
      {
        says: 'Open this in a browser; without a hint the person is asked:',
        command: `${kit.issuer}/oauth/logout`,
      },
    ]
  }
  if (arises === 'authorization-server') return tokenRequest(refused, kit)
  if (arises === 'api' || path.startsWith('/api') || path.startsWith('/ledger')) {
    return [kit.callAs('Send the request so:', BEARER, refused)]
  }
  if (path.startsWith('/oauth/')) return tokenRequest(refused, kit)
  return [
    kit.callAs(
      'Send the request so:',
      '',
      id === 'method-unknown' ? { ...refused, method: 'GET' } : refused,
    ),
  ]
}

/** A good request at the endpoints where clients authenticate. */
async function tokenRequest(refused: Refused, kit: Kit): Promise<Advice[]> {
  const { path } = refused
  if (path !== '/oauth/introspect' && path !== '/oauth/revoke') {
    const good = await kit.programToken(refused)
    return [{ ...good, says: 'A token request that is answered, to compare with:' }]
  }
  const client = kit.credentialsOf(path === '/oauth/introspect' ? 'api' : 'web')
  return [
    {
      says: 'A request that is answered, to compare with:',
      command: `curl -i -u ${client} --data-urlencode "token=$TOKEN" ${shellWord(kit.issuer + path)}`,
    },
  ]
}

function register({ issuer }: Kit): Advice {
  const metadata = JSON.stringify({ redirect_uris: ['http://localhost:3000/callback'] })
  return {
    says: 'A registration that is accepted, to compare with:',
    command: `curl -i -H 'Content-Type: application/json' -d ${shellWord(metadata)} ${issuer}/oauth/register`,
  }
}
