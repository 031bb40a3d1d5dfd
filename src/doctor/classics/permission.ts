/** Good tokens that are bound to a key, were revoked, or lack a scope. */
import { scopesOf } from '../../resource/permission.ts'
import { listed } from '../words.ts'
import type { Classic } from './view.ts'

/** Why something is on the list of what is revoked, in words. */
const REASONS: Readonly<Record<string, string>> = {
  'signed-out': 'the person signed out',
  withdrawn: 'the person withdrew the consent',
  disabled: 'the account was switched off',
  removed: 'the client was removed',
  revoked: 'the app revoked it',
  replayed: 'a code or a refresh token was used twice',
}

const KINDS: Readonly<Record<string, string>> = {
  jti: 'This one token',
  grant: 'Everything from the same sign-in',
  account: 'Everything of this account',
  client: 'Everything of this client',
  session: 'Everything of the same browser session',
}

export const permissionClassics: readonly Classic[] = [
  {
    on: ['standing'],
    look({ facts: { standing } }) {
      if (standing?.outcome !== 'denied') return undefined
      const kind = KINDS[standing.key.split(':', 1)[0] ?? ''] ?? 'The token'
      const why = Object.hasOwn(REASONS, standing.reason) ? REASONS[standing.reason] : undefined
      return { says: `${kind} was revoked${why === undefined ? '' : `: ${why}`}.` }
    },
  },
  {
    on: ['scope'],
    look({ facts: { wanted, claims } }) {
      const granted = scopesOf(claims?.scope)
      const missing = wanted.scopes.filter((scope) => !granted.includes(scope))
      if (missing.length === 0) return undefined
      const has = granted.length === 0 ? 'no scope' : listed(granted)
      return { says: `The token has ${has}; this call also needs ${listed(missing)}.` }
    },
  },
]
