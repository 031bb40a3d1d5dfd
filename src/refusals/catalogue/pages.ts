/** Refusals on our own pages: sign-in and sign-out. A person reads them, and programs see the status. */
import type { Chapter } from './row.ts'

export const pages = {
  'sign-in-expired': {
    arises: 'authorization-server',
    status: 400,
    schemes: [],
    title: 'Sign-in expired',
    description: 'This sign-in is over or was begun in another browser',
    cause:
      'The page stood open too long, was already answered, belongs to another browser, or somebody else signed in meanwhile.',
    fix: 'Start the authorization request again. Do not keep addresses of sign-in pages.',
    client: 'AUTH',
    person: 'This sign-in is over. Start again from the app.',
    spec: 'OpenID Connect Core 1.0 §3.1.2.3',
  },
  'sign-in-failed': {
    arises: 'authorization-server',
    // Not 401: that would need a challenge (RFC 9110 §15.5.2), and browsers would show their own password box.
    status: 403,
    schemes: [],
    title: 'Sign-in failed',
    description: 'The name and the password do not match',
    cause: 'Nobody has this name, or the password is another one. The answer does not tell which.',
    fix: 'Use one of the accounts that the start of the server and its front page show.',
    client: 'ASK',
    person: 'That name and password do not match.',
    spec: 'RFC 9110 §15.5.4; OpenID Connect Core 1.0 §3.1.2.3',
  },
  'second-step-failed': {
    arises: 'authorization-server',
    status: 403,
    schemes: [],
    title: 'Second step failed',
    description: 'The one-time code does not match',
    cause: 'The code is not the one of this half minute or its neighbours, or it was used before.',
    fix: 'Type the code the authenticator shows now. For made-up people the page shows it.',
    client: 'ASK',
    person: 'That code does not match. Wait for the next one and try again.',
    spec: 'RFC 6238 §5.2; RFC 9470 §5',
  },
  'user-code-unknown': {
    arises: 'authorization-server',
    status: 400,
    schemes: [],
    title: 'Unknown user code',
    description: 'The user code is not known or is over',
    cause: 'Nobody was given this code, it was mistyped, it has expired, or it was used already.',
    fix: 'Type the code as the device shows it. When it is over, let the device ask for a new one.',
    client: 'ASK',
    person: 'We do not know that code. Check it on your device and type it again.',
    spec: 'RFC 8628 §3.3, §5.1',
  },
  'logout-refused': {
    arises: 'authorization-server',
    status: 400,
    schemes: [],
    title: 'Sign-out refused',
    description: 'The sign-out request is not valid',
    cause:
      'The id_token_hint, the client_id or the post_logout_redirect_uri of the request is not valid, or they do not fit each other.',
    fix: 'Send an ID token of this issuer, and a return address registered for that client.',
    client: 'FIX',
    person: 'We could not sign you out for this app. Nothing was changed.',
    spec: 'OpenID Connect RP-Initiated Logout 1.0 §2, §4',
  },
} as const satisfies Chapter
