/** What the checks of Basic judge by: plain data, without the password. */
import type { AttemptFacts } from '../attempts.ts'
import type { AuthorizationFacts } from '../credentials.ts'

export type BasicFacts = {
  readonly scheme: 'Basic'
  authorization: AuthorizationFacts | undefined
  credentials:
    { outcome: 'parsed'; user: string } | { outcome: 'malformed'; fault: string } | undefined
  attempts: AttemptFacts | undefined
  person: 'known' | 'unknown' | 'disabled' | undefined
  password: 'right' | 'wrong' | undefined
}

export const noBasicFacts = (): BasicFacts => ({
  scheme: 'Basic',
  authorization: undefined,
  credentials: undefined,
  attempts: undefined,
  person: undefined,
  password: undefined,
})
