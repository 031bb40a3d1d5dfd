/** A known caller and still no; and what is not the caller's fault (RFC 6750 §3.1, RFC 9110 §15.5.4, §15.6). */
import type { Chapter } from './row.ts'

export const permission = {
  'insufficient-scope': {
    arises: 'api',
    status: 403,
    schemes: ['Bearer', 'DPoP'],
    error: 'insufficient_scope',
    title: 'Insufficient scope',
    description: 'This operation needs more scope',
    cause: 'The token is good, but it does not have all scopes this operation needs.',
    fix: 'Start a new authorization that asks for the scopes the token has and those the challenge names.',
    client: 'REAUTH',
    person: 'This app may not do that yet. Allow it?',
    spec: 'RFC 6750 §3.1',
  },
  forbidden: {
    arises: 'api',
    status: 403,
    schemes: ['Bearer'],
    title: 'Forbidden',
    description: 'The person this token stands for may not do this',
    cause:
      'The token has the scopes, but what it is about belongs to somebody else, who allows reading only.',
    fix: 'Another token of the same person does not help. Use another account, or ask the owner.',
    client: 'STOP',
    person: 'You do not have permission to change this. Ask its owner.',
    spec: 'RFC 9110 §15.5.4; RFC 6750 §3',
  },
  hidden: {
    arises: 'api',
    status: 404,
    schemes: [],
    title: 'Not found',
    description: 'There is nothing here that you may see',
    cause:
      'Either nothing has this address, or what has it belongs to somebody else. Both get the same answer, so that nobody can find out which.',
    fix: 'Check the id, and whose token was sent.',
    client: 'STOP',
    person: 'We could not find that.',
    spec: 'RFC 9110 §15.5.4, §15.5.5',
  },
  'auth-backend-down': {
    arises: 'api',
    status: 503,
    schemes: [],
    headers: { 'Retry-After': '30' },
    error: 'temporarily_unavailable',
    title: 'Sign-ins cannot be checked',
    description: 'The token cannot be checked at the moment; keep it and try again later',
    cause:
      'The keys, the introspection endpoint or the database of the authorization server did not answer. The token was not judged.',
    fix: 'Keep the token and retry after the time in Retry-After. Do not refresh, do not sign anybody out.',
    client: 'WAIT',
    person: 'We cannot check sign-ins right now. You are still signed in; try again shortly.',
    spec: 'RFC 9110 §15.6.4, §15.5.2',
  },
  'auth-backend-broken': {
    arises: 'api',
    status: 500,
    schemes: [],
    error: 'server_error',
    title: 'Sign-ins are checked wrongly',
    description: 'The server cannot check tokens because of a mistake of its own',
    cause:
      'The authorization server answered, but not usefully: it refused the API’s own credentials, or its keys are no JWK Set.',
    fix: 'Check the credentials the API introspects with, and the issuer’s jwks_uri. The caller’s token is not the reason.',
    client: 'OPS',
    person: 'Something is wrong on our side. We have been told.',
    spec: 'RFC 9110 §15.6.1',
  },
} as const satisfies Chapter
