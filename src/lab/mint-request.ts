/** An access token on request: what may be asked for, checked as a whole, and the token that comes of it. */
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Provider } from 'oidc-provider'
import type { Accounts } from '../directory/accounts.ts'
import type { Clients } from '../directory/clients.ts'
import { findingsOf, sentence } from '../directory/findings.ts'
import { MAX_ACCESS_TOKEN_LIFE } from '../directory/resources.ts'
import type { Resource, Resources } from '../directory/resources.ts'
import type { Clock } from '../lib/clock.ts'
import { refuse } from '../refusals/refusal.ts'
import type { Mint, MintedToken } from './mint.ts'
import { createOpaqueMint } from './opaque-mint.ts'

export type MintParts = {
  issuer: string
  clock: Clock
  mint: Mint
  provider: Provider
  accounts: Pick<Accounts, 'byId' | 'byLogin' | 'list'>
  clients: Pick<Clients, 'find' | 'list'>
  resources: Resources
  /** Who and what is taken where nobody is named: those the seed file begins with. */
  usual: { login: string | undefined; clientId: string | undefined }
  /** How a person who only typed a password signed in. */
  usualAcr: string
}

const words = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'has a control character, or half a character')

const absoluteUri = words.refine(
  (text) => URL.canParse(text) && !text.includes('#'),
  'must be an absolute URI without a fragment',
)

/** Made here, so that the token is good; whoever wants a bad one asks for a breakage. */
const OUR_CLAIMS = ['iss', 'sub', 'aud', 'client_id', 'scope', 'iat', 'nbf', 'exp', 'jti']
const OWN_MEMBERS = ['acr', 'auth_time', 'cnf', 'grant_id']

const MintShape = z.strictObject({
  sub: words.optional(),
  client_id: words.optional(),
  scope: z
    .string()
    .regex(
      /^([\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*)?$/,
      'must be scopes with one space between',
    )
    .optional(),
  audience: absoluteUri.optional(),
  expires_in: z.int().min(1).max(MAX_ACCESS_TOKEN_LIFE).optional(),
  acr: words.optional(),
  auth_time: z.int().min(0).max(253_402_300_799).optional(),
  cnf: z
    .strictObject({
      jkt: z.string().regex(/^[\w-]{43}$/, 'must be a SHA-256 thumbprint in base64url (RFC 7638)'),
    })
    .optional(),
  claims: z
    .record(z.string(), z.unknown())
    .superRefine((claims, context) => {
      for (const name of Object.keys(claims)) {
        const says = OUR_CLAIMS.includes(name)
          ? 'is made by the server, so that the token is valid'
          : OWN_MEMBERS.includes(name)
            ? 'has a member of its own, beside claims'
            : undefined
        if (says) context.addIssue({ code: 'custom', path: [name], message: says })
      }
    })
    .optional(),
})

export type MintInput = z.output<typeof MintShape>

/** Refuses with invalid-input, and all faults in its evidence and in its answer. */
export function createMintRequest(parts: MintParts): (input: unknown) => Promise<MintedToken> {
  const { issuer, clock, mint, resources } = parts
  const opaque = createOpaqueMint(parts)

  return async function mintRequest(input) {
    const shape = MintShape.safeParse(input, { reportInput: true })
    if (!shape.success) refuseFaults(findingsOf(shape.error).map(sentence))
    const { data } = shape
    const audience = data.audience ?? `${issuer}/api`
    const resource = resources.byIdentifier(audience)
    const [person, client] = await Promise.all([findPerson(data), findClient(data)])
    const faults = [person.fault, client.fault, ...scopeFaults(data.scope, resource)].flatMap(
      (fault) => fault ?? [],
    )
    if (resource?.format === 'opaque') faults.push(...opaqueFaults(data))
    if (faults.length > 0) refuseFaults(faults)

    const { sub, signedIn } = person
    const { clientId } = client
    const scope = data.scope ?? Object.keys(resource?.scopes ?? {}).join(' ')
    const expiresIn = data.expires_in ?? resource?.accessTokenTtl ?? 300
    if (resource?.format === 'opaque') {
      const { jkt } = data.cnf ?? {}
      return opaque({ sub, clientId, scope, audience, expiresIn, ofPerson: signedIn, jkt })
    }
    const { header, payload } = await mint.parts({
      sub,
      clientId,
      scope: scope === '' ? undefined : scope,
      audience,
      expiresIn,
      claims: {
        ...(signedIn && {
          // A family of its own: the token ends alone.
          grant_id: randomUUID(),
          auth_time: data.auth_time ?? clock.seconds(),
          acr: data.acr ?? parts.usualAcr,
        }),
        ...(data.auth_time !== undefined && { auth_time: data.auth_time }),
        ...(data.acr !== undefined && { acr: data.acr }),
        ...(data.cnf && { cnf: data.cnf }),
        ...data.claims,
      },
    })
    return {
      access_token: await mint.compose({ header, payload }),
      token_type: data.cnf ? 'DPoP' : 'Bearer',
      expires_in: expiresIn,
      claims: JSON.parse(JSON.stringify(payload)) as Record<string, unknown>,
    }
  }

  type Person = { sub: string; signedIn: boolean; fault?: string }

  async function findPerson({ sub, client_id: clientId }: MintInput): Promise<Person> {
    const name = sub ?? parts.usual.login ?? (await parts.accounts.list())[0]?.login
    if (name === undefined)
      return { sub: '', signedIn: true, fault: 'sub is missing, and nobody is here.' }
    const account = (await parts.accounts.byId(name)) ?? (await parts.accounts.byLogin(name))
    if (account?.disabled) {
      const fault = `sub is "${name}", whose account is switched off: no token for it is valid.`
      return { sub: name, signedIn: true, fault }
    }
    if (account) return { sub: account.sub, signedIn: true }
    // A program on its own is its own subject (RFC 9068 §2.2).
    if (name === clientId) return { sub: name, signedIn: false }
    return { sub: name, signedIn: true, fault: `sub is "${name}", and nobody has this id or name.` }
  }

  async function findClient(asked: MintInput): Promise<{ clientId: string; fault?: string }> {
    const usual = parts.usual.clientId ?? (await parts.clients.list())[0]?.clientId
    const clientId = asked.client_id ?? usual
    if (clientId === undefined)
      return { clientId: '', fault: 'client_id is missing, and there is no client.' }
    const found = await parts.clients.find(clientId)
    if (found) return { clientId }
    return { clientId, fault: `client_id is "${clientId}", and no client has it.` }
  }
}

/** The scopes of an API that is not here are nobody’s business but its own. */
function scopeFaults(scope: string | undefined, resource: Resource | undefined): string[] {
  if (!resource || !scope) return []
  const known = Object.keys(resource.scopes)
  return scope
    .split(' ')
    .filter((one) => !known.includes(one))
    .map((one) => `scope has "${one}"; ${resource.identifier} knows ${known.join(', ')}.`)
}

/** An opaque token says what the authorization server has stored of it, which is less. */
const opaqueFaults = (input: MintInput): string[] =>
  (['acr', 'auth_time', 'claims'] as const)
    .filter((name) => input[name] !== undefined)
    .map((name) => `${name} cannot be had: the tokens of this audience are opaque.`)

function refuseFaults(faults: readonly string[]): never {
  const expected =
    '{ sub?, client_id?, scope?, audience?, expires_in?, acr?, auth_time?, cnf?: { jkt }, claims? }'
  refuse('invalid-input', { check: 'body', expected, found: faults }, {}, { faults })
}
