/** Breakages of the credentials: none, several, malformed, or in the wrong place. */
import { withAuthorization, withBody } from './breakage.ts'
import { partsOf } from '../request.ts'
import type { Breakage } from './breakage.ts'

const anonymous = { request: (good) => withAuthorization(good) } satisfies Breakage

export const credentialBreakages = {
  'no-credentials': anonymous,
  'unsupported-scheme': { request: (good) => withAuthorization(good, 'Negotiate abc') },
  'scheme-without-credentials': { request: (good) => withAuthorization(good, 'Bearer') },
  'credentials-malformed': {
    request: (good) => withAuthorization(good, `Bearer ${good.token} again`),
  },
  'multiple-authorization': {
    request: (good) => withAuthorization(good, `Bearer ${good.token}`, `Bearer ${good.token}`),
  },
  'multiple-token-methods': {
    scope: 'notes:write',
    request: (good) =>
      withBody(
        partsOf(good),
        'POST',
        'application/x-www-form-urlencoded',
        `access_token=${good.token}&text=twice`,
      ),
  },
  'token-in-query': {
    request: (good) => ({
      ...withAuthorization(good),
      target: `${good.target}?access_token=${good.token}`,
    }),
  },
  'token-in-body-refused': {
    scope: 'notes:write',
    request: (good) =>
      withBody(
        withAuthorization(good),
        'POST',
        'application/json',
        JSON.stringify({ access_token: good.token, text: 'misplaced' }),
      ),
  },
} satisfies Record<string, Breakage>
