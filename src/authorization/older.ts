/** What was issued as it looks after an ageing (db/ageing.ts): every time in it lies that much further back. */
import type { SecondsFor } from '../db/ageing.ts'

/** Seconds since the epoch, in what the engine stores and in the claims of a JWT. */
const TIMES = ['iat', 'exp', 'nbf', 'iiat', 'loginTs', 'authTime', 'auth_time']

/** In a stored Interaction: what the person has answered so far, with the time of the sign-in. */
const ANSWERS = ['result', 'lastSubmission']

/** A copy, members in their order. Does NOT touch `consumed`: what was used stays used. */
export function makeOlder<T extends object>(issued: T, seconds: number): T {
  if (seconds === 0) return issued
  const older = { ...issued } as Record<string, unknown>
  for (const name of TIMES) setBack(older, name, seconds)
  for (const name of ANSWERS) {
    const answer = older[name] as { login?: object } | undefined
    if (!answer?.login) continue
    const login = { ...answer.login } as Record<string, unknown>
    setBack(login, 'ts', seconds)
    older[name] = { ...answer, login }
  }
  return older as T
}

function setBack(holder: Record<string, unknown>, name: string, seconds: number): void {
  const time = holder[name]
  if (typeof time === 'number') holder[name] = time - seconds
}

/**
 * How much older a row looks than its payload says. The payload is as of the row's time of writing, which an update
 * renews, so nothing is subtracted twice. What was used up is left as it is: the engine asks whether a code or a
 * refresh token has expired before it asks whether it was used, and a replay would be taken for an old one.
 */
export function secondsOlder(
  row: { createdAt: Date; consumedAt: Date | null },
  secondsFor: SecondsFor,
): number {
  return row.consumedAt ? 0 : secondsFor(Math.floor(row.createdAt.getTime() / 1000))
}
