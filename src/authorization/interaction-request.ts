/** What an authorization request asks for, in the form its pages show: scopes in words, and the app that asks. */
import type { Client, Provider } from 'oidc-provider'
import { hostOf } from '../directory/document-url.ts'
import type { Resources } from '../directory/resources.ts'
import { refuse } from '../refusals/refusal.ts'
import { SCOPE_WORDS } from './claims.ts'
import { errors } from './engine.ts'
import { OPENID_RESOURCE, type ScopesByResource } from './grants.ts'
import { evidenceOf } from './refusals.ts'
import { scopesOfClaims } from './requested-claims.ts'

/** What a request's parameters ask for, by resource, limited to what its client may ask for. */
export async function askedScopes(
  provider: Provider,
  resources: Resources,
  params: Record<string, unknown>,
): Promise<ScopesByResource> {
  const scopes = typeof params['scope'] === 'string' ? params['scope'].split(' ') : []
  const client = await findClient(provider, params)
  const allowed = (client?.['resource_scopes'] as string | undefined)?.split(' ')
  const asked: ScopesByResource = new Map()
  const openid = scopes.filter((scope) => Object.hasOwn(SCOPE_WORDS, scope))
  openid.push(...scopesOfClaims(params).keys())
  if (openid.length > 0) asked.set(OPENID_RESOURCE, new Set(openid))
  for (const identifier of [params['resource'] ?? []].flat().map(String)) {
    const known = resources.byIdentifier(identifier)?.scopes ?? {}
    const names = scopes.filter(
      (scope) => Object.hasOwn(known, scope) && (allowed?.includes(scope) ?? true),
    )
    if (names.length > 0) asked.set(identifier, new Set(names))
  }
  return asked
}

/** The document of a client may have changed, or gone, since the request began. */
async function findClient(
  provider: Provider,
  params: Record<string, unknown>,
): Promise<Client | undefined> {
  try {
    return await provider.Client.find(String(params['client_id']))
  } catch (error) {
    if (error instanceof errors.InvalidClient) refuse('authz-document-refused', evidenceOf(error))
    throw error
  }
}

export function wordsFor(resources: Resources, resource: string, scope: string): string {
  if (resource === OPENID_RESOURCE) return SCOPE_WORDS[scope] ?? scope
  return resources.byIdentifier(resource)?.scopes[scope] ?? scope
}

export async function clientFacts(
  provider: Provider,
  params: Record<string, unknown>,
): Promise<{ name: string; uri?: string; host?: string; addresses: string[] }> {
  const client = await findClient(provider, params)
  const clientId = String(params['client_id'])
  const host = hostOf(clientId)
  return {
    name: client?.clientName ?? host ?? clientId,
    ...(client?.clientUri && { uri: client.clientUri }),
    ...(host !== undefined && { host }),
    // A browser applies form-action to the whole chain of redirects, which goes on at the client.
    addresses: [
      ...(client?.redirectUris ?? []),
      ...(client?.postLogoutRedirectUris ?? []),
      client?.clientUri ?? '',
      typeof params['redirect_uri'] === 'string' ? params['redirect_uri'] : '',
    ],
  }
}
