/** `countersign client add`: registers a client and tells its secret, once. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { GrantType } from '../directory/client-metadata.ts'
import type { ClientInput } from '../directory/clients.ts'
import type { CommandContext } from './command.ts'
import { withDirectory } from './open-directory.ts'
import type { OpenedDirectory } from './open-directory.ts'
import { readOptions, refusePositionals } from './options.ts'
import { readConfig } from './read-config.ts'
import { table } from './table.ts'
import { UsageFault } from './usage-fault.ts'

export const grantNames = {
  code: 'authorization_code',
  refresh: 'refresh_token',
  'client-credentials': 'client_credentials',
  device: 'urn:ietf:params:oauth:grant-type:device_code',
  'token-exchange': 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const satisfies Record<string, GrantType>

export const help = `Usage: countersign client add [options]

Registers a client and prints its id and its secret. The secret is shown this once.
A server that runs on the same data knows the client at once.

  --name <text>                     What the consent page calls it.
  --redirect-uri <uri>              Where people are sent back to: https, or http on loopback.
                                    May be repeated, as all options that say so.
  --post-logout-redirect-uri <uri>  Where people are sent after signing out. May be repeated.
  --backchannel-logout-uri <uri>    Where the app is told, with a logout token that names the
                                    session, that a person signed out.
  --public                          No secret: an app on a person's own device.
  --native                          An app outside of the browser: any port of a loopback
                                    redirect URI will do, and private URI schemes.
  --jwks <file>                     No secret: it authenticates with one of these public keys
                                    (private_key_jwt). A JWK Set, or one JWK.
  --jwks-uri <uri>                  The same, with the keys at this address.
  --tls-certificate <file>          No secret: it authenticates with this certificate of its TLS
                                    connections (self_signed_tls_client_auth), PEM; its tokens are
                                    bound to it. Needs MTLS_CERT_HEADER.
  --grant <name>                    ${Object.keys(grantNames).join(', ')}.
                                    May be repeated. Unless told: code and refresh with a
                                    redirect URI, client-credentials without.
  --scope <scope>                   An API scope it may ask for. May be repeated. Unless told: all.
  --audience <resource>             A resource it is the server of, whose tokens it may
                                    introspect. May be repeated.
  --exchange-from <client>          A client whose tokens it may exchange, or seeded, or any; goes
                                    with --grant token-exchange. May be repeated.
  --exchange-for <resource>         A resource it may get such tokens for. May be repeated.
  --may-act <client>                The one client that may act with its tokens.
  --access-token-ttl <seconds>      How long its access tokens live.
  --no-pkce                         Allows the code flow without PKCE.
  --id <id>                         An id of your choice.
  --secret <secret>                 A secret of your choice.
  --json                            Print JSON.

Example: countersign client add --name "My app" --redirect-uri http://localhost:3000/cb
`

const options = {
  name: { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  'backchannel-logout-uri': { type: 'string' },
  public: { type: 'boolean' },
  native: { type: 'boolean' },
  jwks: { type: 'string' },
  'jwks-uri': { type: 'string' },
  'tls-certificate': { type: 'string' },
  grant: { type: 'string', multiple: true },
  scope: { type: 'string', multiple: true },
  audience: { type: 'string', multiple: true },
  'exchange-from': { type: 'string', multiple: true },
  'exchange-for': { type: 'string', multiple: true },
  'may-act': { type: 'string' },
  'access-token-ttl': { type: 'string' },
  'no-pkce': { type: 'boolean' },
  id: { type: 'string' },
  secret: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<typeof readOptions<typeof options>>['values']

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('client add', args, options)
  refusePositionals('client add', positionals)
  const input = inputFrom(values)
  const { config } = readConfig(env)
  const { clientId, clientSecret, metadata } = await withDirectory(config, async (directory) => {
    await checkReferences(directory, input)
    const added = await directory.clients.add(input)
    const record = await directory.clients.find(added.clientId)
    return { ...added, metadata: record?.metadata }
  })
  const identity = {
    client_id: clientId,
    ...(clientSecret !== undefined && { client_secret: clientSecret }),
  }
  if (values.json) {
    out(`${JSON.stringify({ ...identity, ...metadata }, null, 2)}\n`)
    return 0
  }
  const rows = [
    ['client_id', clientId],
    [
      'client_secret',
      clientSecret ?? `none: ${values.public ? 'a public client' : 'it has a key'}`,
    ],
    ['grant_types', metadata?.grant_types.join(' ') ?? ''],
    ...(metadata?.redirect_uris ?? []).map((uri) => ['redirect_uri', uri]),
  ]
  out(`${table(rows).join('\n')}\n`)
  if (clientSecret !== undefined && values.secret === undefined) {
    out('\nKeep the secret: it is not shown again, only a fingerprint of it is stored.\n')
  }
  return 0
}

function inputFrom(values: Values): ClientInput {
  const redirectUris = values['redirect-uri'] ?? []
  const ttl = values['access-token-ttl']
  if (ttl !== undefined && !/^\d+$/.test(ttl)) {
    throw new UsageFault(`--access-token-ttl is "${ttl}"; give a whole number of seconds.`)
  }
  const scopes = values.scope?.flatMap((text) => text.split(/\s+/)).filter((one) => one !== '')
  const { name, id, secret, audience } = values
  const exchange = exchangeFrom(values)
  const mayAct = values['may-act']
  const logoutUri = values['backchannel-logout-uri']
  return {
    ...(name !== undefined && { client_name: name }),
    redirect_uris: redirectUris,
    post_logout_redirect_uris: values['post-logout-redirect-uri'] ?? [],
    ...(logoutUri !== undefined && {
      backchannel_logout_uri: logoutUri,
      backchannel_logout_session_required: true,
    }),
    grant_types: grantTypesFrom(values, redirectUris.length > 0),
    ...authenticationFrom(values),
    application_type: values.native ? 'native' : 'web',
    require_pkce: !values['no-pkce'],
    ...(ttl !== undefined && { access_token_ttl: Number(ttl) }),
    ...(scopes && { resource_scopes: scopes.join(' ') }),
    ...(audience && { audiences: audience }),
    ...(exchange && { token_exchange: exchange }),
    ...(mayAct !== undefined && { may_act: mayAct }),
    ...(id !== undefined && { client_id: id }),
    ...(secret !== undefined && { client_secret: secret }),
  }
}

/** `seeded` and `any` stand alone: they name no client. */
function exchangeFrom(values: Values): ClientInput['token_exchange'] {
  const { 'exchange-from': from, 'exchange-for': audiences } = values
  if (!from && !audiences) return undefined
  if (!from || !audiences) {
    throw new UsageFault('Give --exchange-from and --exchange-for together.')
  }
  const [first] = from
  const word = from.length === 1 && (first === 'seeded' || first === 'any') ? first : undefined
  return { subjects: word ?? from, audiences }
}

/** RFC 7523 §2.2 where there are keys, HTTP Basic where there are none. */
function authenticationFrom(values: Values): Partial<ClientInput> {
  const { jwks, 'jwks-uri': jwksUri, 'tls-certificate': certificate } = values
  const usesKey = jwks !== undefined || jwksUri !== undefined || certificate !== undefined
  if (usesKey && values.public) {
    throw new UsageFault('--public is a client that does not authenticate; leave out its keys.')
  }
  if (!usesKey) {
    return { token_endpoint_auth_method: values.public ? 'none' : 'client_secret_basic' }
  }
  if (certificate !== undefined) {
    if (jwks !== undefined || jwksUri !== undefined) {
      throw new UsageFault('--tls-certificate holds the key; leave out --jwks and --jwks-uri.')
    }
    return {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      tls_client_certificate_bound_access_tokens: true,
      jwks: { keys: [keyOf(certificate)] },
    }
  }
  return {
    token_endpoint_auth_method: 'private_key_jwt',
    ...(jwks !== undefined && { jwks: keysIn(jwks) }),
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
  }
}

/** RFC 8705 §2.2.2: the key, with the certificate in `x5c`. */
function keyOf(file: string): NonNullable<ClientInput['jwks']>['keys'][number] {
  try {
    const { publicKey, raw } = new X509Certificate(readFileSync(file))
    const { kty = '', ...jwk } = publicKey.export({ format: 'jwk' })
    return { kty, ...jwk, x5c: [raw.toString('base64')] }
  } catch {
    throw new UsageFault(`--tls-certificate is "${file}", which is no certificate in PEM.`)
  }
}

/** What is in it is judged with the rest of the metadata. */
function keysIn(file: string): NonNullable<ClientInput['jwks']> {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as object
    return ('keys' in value ? value : { keys: [value] }) as NonNullable<ClientInput['jwks']>
  } catch (error) {
    const says = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read'
    throw new UsageFault(`--jwks is "${file}", which ${says}.`)
  }
}

function grantTypesFrom(values: Values, hasRedirectUri: boolean): GrantType[] {
  if (!values.grant) {
    if (hasRedirectUri) return ['authorization_code', 'refresh_token']
    if (!values.public) return ['client_credentials']
    throw new UsageFault(
      'A public client needs --redirect-uri, or --grant device. See "countersign client add --help".',
    )
  }
  const known: Readonly<Record<string, GrantType | undefined>> = grantNames
  const given = values.grant.flatMap((text) => text.split(/[\s,]+/)).filter((one) => one !== '')
  return given.map((name) => {
    const full = Object.values(grantNames).find((type) => type === name)
    const grant = full ?? (Object.hasOwn(known, name) ? known[name] : undefined)
    if (grant) return grant
    throw new UsageFault(`--grant is "${name}"; give one of ${Object.keys(grantNames).join(', ')}.`)
  })
}

/** Names of scopes and resources that are not there are slips of the pen; before the first start nothing is there yet. */
async function checkReferences({ db }: OpenedDirectory, input: ClientInput): Promise<void> {
  const resources = await db.resource.findMany({ orderBy: { identifier: 'asc' } })
  if (resources.length === 0) return
  const scopes = resources.flatMap((row) =>
    Object.keys(JSON.parse(row.scopes) as Record<string, string>),
  )
  const identifiers = resources.map(({ identifier }) => identifier)
  for (const scope of input.resource_scopes?.split(' ') ?? []) {
    if (!scopes.includes(scope)) {
      throw new UsageFault(
        `--scope is "${scope}", which no resource has; there are ${scopes.join(', ')}.`,
      )
    }
  }
  for (const [option, named] of [
    ['--audience', input.audiences ?? []],
    ['--exchange-for', input.token_exchange?.audiences ?? []],
  ] as const) {
    const stranger = named.find((audience) => !identifiers.includes(audience))
    if (stranger !== undefined) {
      throw new UsageFault(
        `${option} is "${stranger}", which is no resource; there are ${identifiers.join(', ')}.`,
      )
    }
  }
}
