/** Breakages of dynamic client registration and its management (RFC 7591, RFC 7592). */
import type { Breakage, Workshop } from './breakage.ts'
import type { Header, RequestParts } from '../request.ts'
import { hostHeader, json } from './flow.ts'

const METADATA = { client_name: 'An app of the lab', redirect_uris: ['https://app.example/cb'] }

function register(workshop: Workshop, metadata: unknown): RequestParts {
  return {
    method: 'POST',
    target: '/oauth/register',
    headers: [
      hostHeader(workshop),
      ['Accept', 'application/json'],
      ['Content-Type', 'application/json'],
    ],
    body: JSON.stringify(metadata),
  }
}

const registering =
  (metadata: unknown): Breakage['request'] =>
  (_good, workshop) =>
    register(workshop, metadata)

function manage(workshop: Workshop, method: string, target: string, token: string): RequestParts {
  const authorization: Header = ['Authorization', `Bearer ${token}`]
  const accept: Header = ['Accept', 'application/json']
  return { method, target, headers: [hostHeader(workshop), authorization, accept] }
}

type Registered = { registration_client_uri: string; registration_access_token: string }

/** A well-formed statement of an issuer that nobody here trusts. */
const statement = ['{"alg":"ES256"}', '{"iss":"https://nobody.example"}', 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')

export const registrationBreakages = {
  'dcr-refused': { place: 'endpoint', request: registering([METADATA]) },
  'dcr-redirect-uri-refused': {
    place: 'endpoint',
    request: registering({ ...METADATA, redirect_uris: ['http://app.example/cb'] }),
  },
  'dcr-metadata-refused': {
    place: 'endpoint',
    request: registering({ ...METADATA, grant_types: ['password'] }),
  },
  'dcr-statement-refused': {
    place: 'endpoint',
    request: registering({ ...METADATA, software_statement: 'no statement' }),
  },
  'dcr-statement-unapproved': {
    place: 'endpoint',
    request: registering({ ...METADATA, software_statement: statement }),
  },
  'dcr-token-refused': {
    place: 'endpoint',
    request: (_good, workshop) =>
      manage(
        workshop,
        'GET',
        `/oauth/register/${workshop.batch.client().id}`,
        'a-token-that-was-never-given-out',
      ),
  },
  'registration-gone': {
    place: 'endpoint',
    async request(_good, workshop) {
      const made = (await json(workshop, register(workshop, METADATA))) as Registered
      const { pathname } = new URL(made.registration_client_uri)
      const manageIt = (method: string) =>
        manage(workshop, method, pathname, made.registration_access_token)
      await json(workshop, manageIt('DELETE'))
      return manageIt('GET')
    },
  },
} satisfies Record<string, Breakage>
