/** What a client is registered with: RFC 7591's names, and a few of our own. */
import * as z from 'zod'
import { exchangePolicy, TOKEN_EXCHANGE } from './exchange-policy.ts'
import { findingsOf, sentence } from './findings.ts'
import { redirectUriFault } from './redirect-uri.ts'
import { MAX_ACCESS_TOKEN_LIFE } from './resources.ts'

export const grantTypes = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  TOKEN_EXCHANGE,
] as const

export type GrantType = (typeof grantTypes)[number]

export class ClientFault extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'ClientFault'
    this.faults = faults
  }
}

// NUL ends a text in SQLite and is refused by PostgreSQL.
const words = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => !/\p{Cc}/u.test(text), 'has a control character')

const scopeList = z
  .string()
  .regex(
    /^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/,
    'must be scopes with one space between',
  )

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Members without which a key of its kind is none (RFC 7518 §6.2.1, §6.3.1; RFC 8037 §2). */
const NEEDED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  RSA: ['n', 'e'],
}

const publicKeys = z.object({
  keys: z
    .array(z.looseObject({ kty: words, alg: words.optional(), kid: words.optional() }))
    .max(20)
    .refine(
      (keys) => !keys.some((key) => PRIVATE_MEMBERS.some((name) => Object.hasOwn(key, name))),
      'has a private key; give public ones only',
    )
    .refine(
      (keys) =>
        keys.every((key) =>
          NEEDED_MEMBERS[key.kty]?.every((name) => typeof key[name] === 'string' && key[name]),
        ),
      'has something that is no key of the kinds EC, OKP or RSA',
    ),
})

const asymmetricAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const

/** Whether a client authenticates with a secret; else with a key of its own (RFC 7523), or not at all. */
export const hasSecret = (metadata: { token_endpoint_auth_method: string }): boolean =>
  metadata.token_endpoint_auth_method.startsWith('client_secret_')

const link = (issuer: string) =>
  words.superRefine((uri, context) => {
    const fault = redirectUriFault(uri, issuer)
    if (fault !== undefined) context.addIssue(`is "${uri}", which is ${fault}`)
  })

/** Which certificate a client of `tls_client_auth` has (RFC 8705 §2.1.2): one of these. */
const certificateNames = {
  tls_client_auth_subject_dn: words.optional(),
  tls_client_auth_san_dns: words.optional(),
  tls_client_auth_san_uri: words.optional(),
  tls_client_auth_san_ip: words.optional(),
  tls_client_auth_san_email: words.optional(),
}

function schemaFor(issuer: string) {
  return z
    .strictObject({
      client_name: words.optional(),
      redirect_uris: z.array(words).max(50).default([]),
      post_logout_redirect_uris: z.array(words).max(50).default([]),
      grant_types: z.array(z.enum(grantTypes)).default(['authorization_code']),
      response_types: z.array(z.enum(['code'])).optional(),
      token_endpoint_auth_method: z
        .enum([
          ...(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const),
          ...(['self_signed_tls_client_auth', 'tls_client_auth'] as const),
        ])
        .default('client_secret_basic'),
      application_type: z.enum(['web', 'native']).default('web'),
      id_token_signed_response_alg: z.enum(['RS256', 'ES256']).optional(),
      /** Of `response_mode=jwt` (JARM). */
      authorization_signed_response_alg: z.enum(['RS256', 'ES256']).optional(),
      /** Of introspection answered with a JWT (RFC 9701). */
      introspection_signed_response_alg: z.enum(['RS256', 'ES256']).optional(),
      /** Of the assertions of `private_key_jwt`; absent: any that is known. */
      token_endpoint_auth_signing_alg: z.enum([...asymmetricAlgorithms, 'Ed25519']).optional(),
      /** Public keys of the client (RFC 7517), for its request objects and its assertions. */
      jwks: publicKeys.optional(),
      jwks_uri: link(issuer).optional(),
      request_object_signing_alg: z.enum(asymmetricAlgorithms).optional(),
      require_signed_request_object: z.boolean().optional(),
      require_pushed_authorization_requests: z.boolean().optional(),
      dpop_bound_access_tokens: z.boolean().optional(),
      /** Of its TLS connection (RFC 8705 §3.4); needs MTLS_CERT_HEADER. */
      tls_client_certificate_bound_access_tokens: z.boolean().optional(),
      ...certificateNames,
      authorization_details_types: z.array(words).max(20).optional(),
      /** Where it is told that a person signed out (OpenID Connect Back-Channel Logout 1.0 §2.2). */
      backchannel_logout_uri: link(issuer).optional(),
      /** Whether it is told which session that was; its ID tokens carry `sid` then. */
      backchannel_logout_session_required: z.boolean().optional(),
      default_max_age: z.int().min(0).optional(),
      require_auth_time: z.boolean().optional(),
      client_uri: link(issuer).optional(),
      logo_uri: link(issuer).optional(),
      policy_uri: link(issuer).optional(),
      tos_uri: link(issuer).optional(),
      contacts: z.array(words).max(20).optional(),
      /** PKCE at the authorization endpoint (RFC 7636); a public client always needs it. */
      require_pkce: z.boolean().default(true),
      /** Seconds; absent: what the resource says. */
      access_token_ttl: z.int().min(1).max(MAX_ACCESS_TOKEN_LIFE).optional(),
      /** Space-separated scopes this client may ask for at APIs; absent: any. */
      resource_scopes: scopeList.optional(),
      /** Resources this client is the server of: it may introspect their tokens (RFC 7662). */
      audiences: z.array(words).max(50).optional(),
      /** What it may do by token exchange (RFC 8693); absent: nothing. */
      token_exchange: exchangePolicy.optional(),
      /** The one who may act with this client's tokens (RFC 8693 §4.4), a client id; absent: whom the policies let. */
      may_act: words.optional(),
    })
    .superRefine((client, context) => {
      const fault = (path: PropertyKey[], message: string) =>
        context.addIssue({ code: 'custom', path, message })
      const has = (grant: GrantType) => client.grant_types.includes(grant)
      const isPublic = client.token_endpoint_auth_method === 'none'

      const usesKey = client.token_endpoint_auth_method === 'private_key_jwt'
      const isSelfSigned = client.token_endpoint_auth_method === 'self_signed_tls_client_auth'
      if ((usesKey || isSelfSigned) && client.jwks === undefined && client.jwks_uri === undefined) {
        fault(['jwks'], `or jwks_uri must be there for ${client.token_endpoint_auth_method}`)
      }
      const names = Object.keys(certificateNames) as (keyof typeof certificateNames)[]
      const given = names.filter((name) => client[name] !== undefined)
      if (given.length !== (client.token_endpoint_auth_method === 'tls_client_auth' ? 1 : 0)) {
        const path = given[0] ?? 'tls_client_auth_subject_dn'
        fault(
          [path],
          'or one other tls_client_auth_* must be there for tls_client_auth, and for nothing else',
        )
      }
      if (client.jwks !== undefined && client.jwks_uri !== undefined) {
        fault(['jwks_uri'], 'must be left out beside jwks')
      }
      if (!usesKey && client.token_endpoint_auth_signing_alg !== undefined) {
        fault(['token_endpoint_auth_signing_alg'], 'must be left out but for private_key_jwt')
      }
      for (const name of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
        client[name].forEach((uri, at) => {
          const wrong = redirectUriFault(uri, issuer, client.application_type)
          if (wrong !== undefined) fault([name, at], `is "${uri}", which is ${wrong}`)
        })
      }
      if (has('authorization_code') && client.redirect_uris.length === 0) {
        fault(['redirect_uris'], 'must not be empty for the authorization_code grant')
      }
      if (
        has('refresh_token') &&
        !has('authorization_code') &&
        !has('urn:ietf:params:oauth:grant-type:device_code')
      ) {
        fault(['grant_types'], 'has refresh_token, but no grant that refresh tokens come from')
      }
      if (client.response_types !== undefined) {
        const expected = has('authorization_code') ? 1 : 0
        if (client.response_types.length !== expected) {
          fault(
            ['response_types'],
            'must be ["code"] with the authorization_code grant, else empty',
          )
        }
      }
      if (isPublic && has('client_credentials')) {
        fault(['grant_types'], 'has client_credentials, which a client without a secret cannot use')
      }
      if (isPublic && !client.require_pkce) {
        fault(['require_pkce'], 'must be true for a client without a secret')
      }
      const exchanges = has(TOKEN_EXCHANGE)
      if (client.token_exchange !== undefined && !exchanges) {
        fault(['token_exchange'], 'must be left out without the token-exchange grant')
      }
      if (isPublic && client.token_exchange !== undefined) {
        fault(['token_exchange'], 'must be left out for a client without a secret')
      }
      if (isPublic && client.audiences !== undefined) {
        fault(['audiences'], 'must be left out for a client without a secret')
      }
    })
    .transform((client) => ({
      ...client,
      response_types: client.grant_types.includes('authorization_code') ? ['code'] : [],
    }))
}

type Parsed = z.output<ReturnType<typeof schemaFor>>
export type ClientMetadata = Readonly<Parsed>
export type ClientMetadataInput = z.input<ReturnType<typeof schemaFor>>

/** Builds the schema once: making it costs more than using it. `<issuer>` in URIs is checked as if expanded, and kept. */
export function createClientMetadataParser(issuer: string): (input: unknown) => ClientMetadata {
  const schema = schemaFor(issuer)
  /** Throws `ClientFault`. */
  return function parseClientMetadata(input) {
    const result = schema.safeParse(input, { reportInput: true })
    if (result.success) return result.data
    throw new ClientFault(findingsOf(result.error).map(sentence))
  }
}
