/** Introspection and revocation (RFC 7662, RFC 7009), and the refusals that a client must make by itself. */
import type { Chapter, Row } from './row.ts'

const server = { arises: 'authorization-server', schemes: [] } as const satisfies Partial<Row>
const byClient = { arises: 'client', status: 0, schemes: [] } as const satisfies Partial<Row>

export const sideDoors = {
  'introspect-unauthenticated': {
    arises: 'authorization-server',
    status: 401,
    schemes: ['Basic'],
    error: 'invalid_client',
    title: 'Introspection without client authentication',
    description: 'Client authentication failed',
    cause:
      'The caller of the introspection endpoint sent no credentials of its own, or wrong ones.',
    fix: 'Let the resource server authenticate as a client, with HTTP Basic.',
    client: 'OPS',
    person: 'Something is wrong on our side. You are still signed in.',
    spec: 'RFC 7662 §2.3; RFC 6749 §5.2',
  },
  'introspect-underprivileged': {
    arises: 'authorization-server',
    status: 401,
    schemes: ['Bearer'],
    error: 'invalid_token',
    title: 'Introspection not allowed',
    description: 'The access token does not allow introspection',
    cause:
      'The caller of the introspection endpoint used an access token without the right to introspect.',
    fix: 'Let the resource server authenticate as a client.',
    client: 'OPS',
    person: 'Something is wrong on our side. You are still signed in.',
    spec: 'RFC 7662 §2.3',
    reason:
      'Callers of the introspection endpoint authenticate as clients; no access token is taken there.',
  },
  'introspect-inactive': {
    ...server,
    status: 200,
    title: 'Token not active',
    description: 'The token is not active',
    cause:
      'The token is unknown, expired or revoked, or it is not meant for the resource server that asks. The answer is active: false and nothing else.',
    fix: 'Treat the token as unknown, and refuse its bearer with invalid_token.',
    client: 'REFRESH',
    person: 'We do not recognise this sign-in.',
    spec: 'RFC 7662 §2.2, §2.3',
  },
  'revoke-unknown-token': {
    ...server,
    status: 200,
    title: 'Nothing to revoke',
    description: 'The token is not known, so nothing is left to revoke',
    cause:
      'The token is unknown, already revoked, or another client’s. The answer is that of a revocation.',
    fix: 'Nothing: the token does not work.',
    client: 'DONE',
    person: 'Signed out.',
    spec: 'RFC 7009 §2.2',
  },
  'revoke-refused': {
    ...server,
    status: 400,
    error: 'unsupported_token_type',
    title: 'Token type not revocable',
    description: 'This type of token cannot be revoked',
    cause: 'The token is of a type that this server cannot revoke, such as an ID token.',
    fix: 'Revoke the refresh token or the access token.',
    client: 'FIX',
    person: 'We could not sign you out everywhere yet.',
    spec: 'RFC 7009 §2.2.1',
  },
  'revoke-busy': {
    ...server,
    status: 503,
    headers: { 'Retry-After': '30' },
    title: 'Revocation not possible at the moment',
    description: 'The token could not be revoked at the moment and still works',
    cause: 'The database of the authorization server did not answer, so the token still works.',
    fix: 'Keep the token and revoke it again after the time in Retry-After.',
    client: 'WAIT',
    person: 'We could not sign you out everywhere yet. We will retry.',
    spec: 'RFC 7009 §2.2.1',
  },
  'client-iss-mismatch': {
    ...byClient,
    title: 'Answer from another issuer',
    description: 'The iss of the authorization response is not the expected issuer',
    cause: 'The authorization response names another issuer than the one the request went to.',
    fix: 'Drop the response without sending its code anywhere: two authorization servers were mixed up.',
    client: 'STOP',
    person: 'The answer came from the wrong place. We stopped.',
    spec: 'RFC 9207 §2.4',
    reason: 'The client refuses, not the server: this server always answers with its own issuer.',
  },
  'client-metadata-mismatch': {
    ...byClient,
    title: 'Metadata of another resource',
    description: 'The resource in the metadata is not the one that was called',
    cause:
      'The protected resource metadata describes another resource than the one the client called.',
    fix: 'Do not use the metadata. Accept the exact address or, where agreed, a parent path of it.',
    client: 'STOP',
    person: 'This service describes itself wrongly. We stopped.',
    spec: 'RFC 9728 §3.3',
    reason: 'The client refuses, not the server: the metadata here always names this API.',
  },
} as const satisfies Chapter
