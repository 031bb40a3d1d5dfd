/** Opaque access tokens on request, stored by the engine as those of its own flows are. */
import type { Provider } from 'oidc-provider'
import { createIntrospect } from '../authorization/introspection.ts'
import type { MintedToken } from './mint.ts'

export type OpaqueWish = {
  sub: string
  clientId: string
  scope: string
  audience: string
  /** Seconds. */
  expiresIn: number
  /** Else the client’s own. */
  ofPerson: boolean
  /** The thumbprint of the key it is bound to. */
  jkt: string | undefined
}

/** The engine's types leave out what its models take. */
type Model<T> = new (payload: Record<string, unknown>) => T
type Saved = { save(): Promise<string> }

export function createOpaqueMint({ provider }: { provider: Provider }) {
  const { Grant, AccessToken, ClientCredentials } = provider
  const introspect = createIntrospect(provider)

  return async function mintOpaque(wish: OpaqueWish): Promise<MintedToken> {
    const { sub, clientId, scope, audience, expiresIn, ofPerson, jkt } = wish
    const client = await provider.Client.find(clientId)
    const common = { client, scope, aud: audience, expiresIn, jkt }
    let token: Saved
    if (ofPerson) {
      const grant = new Grant({ accountId: sub, clientId })
      grant.addResourceScope(audience, scope)
      const grantId = await grant.save()
      const model = AccessToken as unknown as Model<Saved>
      token = new model({ ...common, accountId: sub, grantId, gty: 'authorization_code' })
    } else {
      token = new (ClientCredentials as unknown as Model<Saved>)(common)
    }
    const value = await token.save()
    const { active, ...claims } = await introspect(value)
    const type = jkt === undefined ? 'Bearer' : 'DPoP'
    return { access_token: value, token_type: type, expires_in: expiresIn, claims }
  }
}
