/** Basic (RFC 7617): `/challenge/basic`, its ordered list of checks, and how their facts are gathered. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { GuessLimit } from '../db/guess-limit.ts'
import type { Account, Accounts, Verification } from '../directory/accounts.ts'
import { PASSWORD_REALM } from '../directory/digest-secret.ts'
import type { Protection } from '../refusals/challenge.ts'
import { countAttempt, failedAttempts } from './attempts.ts'
import { parseBasic, type BasicCredentials } from '../lib/basic-credentials.ts'
import { noBasicFacts, type BasicFacts } from './basic/facts.ts'
import { checkOn, type CheckOn } from './check-list.ts'
import { oneSetOfCredentials } from './credential-checks.ts'
import { readAuthorization } from './credentials.ts'
import {
  createPasswordGuard,
  registerWhoCalled,
  type PasswordGuard,
  type Trial,
} from './password-guard.ts'
import { failed, passed } from './verdict.ts'

export type BasicPorts = {
  accounts: Pick<Accounts, 'verify' | 'byLogin'>
  guessLimit: GuessLimit
  report?: PasswordGuard<BasicFacts>['report']
}

export const BASIC_PATH = '/challenge/basic'

const check = checkOn<BasicFacts>()

/** From 'credentials syntax' on, whatever fails is one answer, so that it tells nobody which names exist. */
export const basicChecks: readonly CheckOn<BasicFacts>[] = [
  check('one set of credentials', ['authorization'], oneSetOfCredentials),
  check('Basic credentials', ['authorization'], ({ authorization: { lines } }) => {
    const [line] = lines
    if (line?.scheme === 'basic') return passed
    return failed('basic-required', {
      expected: 'an Authorization header with the scheme Basic',
      found: line ? (line.scheme ?? 'a header without a scheme') : 'no Authorization header',
    })
  }),
  check('credentials syntax', ['credentials'], ({ credentials }) => {
    if (credentials.outcome === 'parsed') return passed
    const expected = 'base64 of name, colon and password in UTF-8'
    return failed('basic-rejected', { expected, found: credentials.fault })
  }),
  check('failed attempts', ['attempts'], failedAttempts),
  check('known person', ['person'], ({ person }) =>
    person === 'unknown'
      ? failed('basic-rejected', { expected: 'the name of a person', found: 'of nobody' })
      : passed,
  ),
  check('password', ['password'], ({ password }) =>
    password === 'wrong'
      ? failed('basic-rejected', { expected: 'the password of this person', found: 'another' })
      : passed,
  ),
  check('account in use', ['person'], ({ person }) =>
    person === 'disabled'
      ? failed('basic-rejected', { expected: 'an account in use', found: 'one switched off' })
      : passed,
  ),
]

const protection: Protection = { realm: PASSWORD_REALM, schemes: ['Basic'] }

export function registerBasic(router: Router, ports: BasicPorts): void {
  const { report } = ports
  const begin = (ctx: Context) => beginBasic(ctx, ports)
  const guard = createPasswordGuard({ checks: basicChecks, begin, report })
  registerWhoCalled(router, { path: BASIC_PATH, scheme: 'Basic', guard })
}

function beginBasic(ctx: Context, { accounts, guessLimit }: BasicPorts): Trial<BasicFacts> {
  let credentials: BasicCredentials = { user: '', password: '' }
  let verified: Verification = { outcome: 'rejected' }
  return {
    facts: noBasicFacts(),
    protection: () => protection,
    accept: () => accountOf(verified),
    gather: {
      authorization: () => readAuthorization(ctx.req.rawHeaders).facts,
      credentials() {
        // The only one, or an earlier check had failed.
        const parsed = parseBasic(ctx.req.headers.authorization ?? '')
        if (parsed.outcome === 'malformed') return parsed
        ;({ credentials } = parsed)
        return { outcome: 'parsed', user: credentials.user }
      },
      attempts() {
        const { user, password } = credentials
        return countAttempt(guessLimit, { name: user, address: ctx.ip }, async () => {
          verified = await accounts.verify(user, password)
          // To be told that an account is switched off takes the right password, and nobody may find that out here.
          return verified.outcome === 'verified'
        })
      },
      async person() {
        if (verified.outcome === 'verified') return 'known'
        const account = await accounts.byLogin(credentials.user)
        if (!account) return 'unknown'
        return account.disabled ? 'disabled' : 'known'
      },
      password: () => (verified.outcome === 'rejected' ? 'wrong' : 'right'),
    },
  }
}

function accountOf(verified: Verification): Account {
  if (verified.outcome !== 'verified') throw new Error('The list passed without a right password.')
  return verified.account
}
