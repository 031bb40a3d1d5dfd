/**
 * Clients whose id is the https address of a document about them (draft-ietf-oauth-client-id-metadata-document-02).
 * The engine fetches, checks and remembers the document; what it leaves to us is here. Whoever has a web page can be
 * such a client, so it gets nothing that people do not give it.
 */
import { LRUCache } from 'lru-cache'
import type { Client, Provider } from 'oidc-provider'
import { isLoopback } from '../config/network-names.ts'
import { isDocumentUrl } from '../directory/document-url.ts'
import { errors, Provider as EngineProvider } from './engine.ts'
import type { EngineContext } from './engine-context.ts'
import { wasUsedFor } from './session-storage.ts'

/** Characters. The id stands in the keys of tables, and in tokens. */
const LONGEST_ID = 500

/** The engine refuses fragments, user names and dot segments; §3 of the draft asks for a path as well. */
export const mayFetch = (clientId: string): boolean =>
  clientId.length <= LONGEST_ID && /^https:\/\/[^/?#]+\//.test(clientId)

type Metadata = Record<string, unknown> & {
  client_id?: string
  grant_types?: unknown
  token_endpoint_auth_method?: unknown
}

/** A program that acts for itself, or a device, needs an operator who knows it. */
const GRANTS = new Set<unknown>(['authorization_code', 'refresh_token'])

/**
 * The operator's business, and members that say nothing here: a document is written for many servers (RFC 7591 §2). The
 * engine would fetch the sector identifier at every request, though no subject here depends on one.
 */
const IGNORED = [
  'require_pkce',
  'access_token_ttl',
  'audiences',
  'token_exchange',
  'may_act',
  'software_statement',
  'sector_identifier_uri',
]

/** Makes metadata that the engine is about to check what they may be; false when they are no document's. */
export function limitDocument(metadata: Metadata): boolean {
  if (metadata.client_id === undefined || !isDocumentUrl(metadata.client_id)) return false
  for (const name of IGNORED) Reflect.deleteProperty(metadata, name)
  if (Array.isArray(metadata.grant_types)) {
    metadata.grant_types = metadata.grant_types.filter((grant) => GRANTS.has(grant))
  }
  // The default: no document that says so itself comes this far, as there is nobody to share a secret with (§4.1).
  const { token_endpoint_auth_method: method = 'client_secret_basic' } = metadata
  if (typeof method !== 'string') {
    throw new errors.InvalidClientMetadata('token_endpoint_auth_method must be text')
  }
  if (method.startsWith('client_secret')) {
    const hasKey = metadata['jwks'] !== undefined || metadata['jwks_uri'] !== undefined
    metadata.token_endpoint_auth_method = hasKey ? 'private_key_jwt' : 'none'
  }
  return true
}

/**
 * Nobody can tell which app listens at an address of the person's own machine (RFC 8252 §8.6), whatever document it
 * names, so no consent of before counts there.
 */
export function isAnybodysAddress(clientId: string, redirectUri: unknown): boolean {
  if (!isDocumentUrl(clientId) || typeof redirectUri !== 'string') return false
  const url = URL.parse(redirectUri)
  return url?.protocol === 'http:' && isLoopback(url.hostname)
}

/**
 * Whether nobody here vouches for where this request would lead. An operator, or the holder of an initial access token,
 * named the addresses of other clients; those in a document are whoever's. So a browser is not sent on from a faulty
 * request, or a silent one, that no page came before (RFC 9700 §4.11.2), unless the person already uses the app.
 */
export function isStranger({ oidc }: EngineContext): boolean {
  const { client, route, session } = oidc
  if (route !== 'authorization' || client === undefined) return false
  return isDocumentUrl(client.clientId) && !wasUsedFor(session?.uid ?? '', client.clientId)
}

/**
 * The same of signing out: with nobody signed in there is no question to answer first, and without an ID token nothing
 * says that anybody was signed in to this app (OpenID Connect RP-Initiated Logout 1.0 §3).
 */
export function keepSignedOutAtHome(provider: Provider): void {
  const prototype: { postLogoutRedirectUriAllowed: (this: Client, uri: string) => boolean } =
    provider.Client.prototype
  const allowed = prototype.postLogoutRedirectUriAllowed
  prototype.postLogoutRedirectUriAllowed = function allowedAfterSignOut(uri) {
    const { params, session } = EngineProvider.ctx?.oidc ?? {}
    const unasked = session?.accountId === undefined && params?.['id_token_hint'] === undefined
    if (params && unasked && isDocumentUrl(this.clientId)) {
      params['post_logout_redirect_uri'] = undefined
      return true
    }
    return allowed.call(this, uri)
  }
}

/** What is wrong with a document begins with these words, wherever in the engine it comes up. */
export const DOCUMENT_FAULT = /client_id metadata document/

/**
 * The engine has two kinds of errors for documents; signing out, for one, gets over the first kind only. So all are of
 * that kind, which also is never sent on to an address that the document itself names.
 */
export function tellDocumentFaults(provider: Provider): void {
  const { Client } = provider
  const find = Client.find.bind(Client)
  Client.find = async (clientId: string) => {
    if (!isDocumentUrl(clientId)) return find(clientId)
    const ctx: object = EngineProvider.ctx ?? {}
    const before = failures.get(ctx)
    if (before?.clientId === clientId) throw before.error
    try {
      return await findDocument(clientId)
    } catch (error) {
      failures.set(ctx, { clientId, error })
      throw error
    }
  }

  async function findDocument(clientId: string) {
    try {
      return await find(clientId)
    } catch (error) {
      if (!(error instanceof errors.InvalidClientMetadata)) throw error
      const said = error.error_description ?? error.message
      const found = DOCUMENT_FAULT.test(said) ? said : `client_id metadata document: ${said}`
      throw new errors.InvalidClient(found, error.error_detail)
    }
  }
}

/** The engine looks for the client of a request once more where it is not found; the host is not asked twice. */
const failures = new WeakMap<object, { clientId: string; error: unknown }>()

/** Origins, at most. */
const MOST_ORIGINS = 1000

/** The pages of such clients, which may call this server: known once the client was seen. */
export function createDocumentPages() {
  const origins = new LRUCache<string, true>({ max: MOST_ORIGINS })
  return {
    has: (origin: string): boolean => origins.has(origin),
    add(redirectUris: readonly string[]): void {
      for (const uri of redirectUris) {
        const origin = URL.parse(uri)?.origin
        if (origin !== undefined && origin !== 'null') origins.set(origin, true)
      }
    },
  }
}

export type DocumentPages = ReturnType<typeof createDocumentPages>
