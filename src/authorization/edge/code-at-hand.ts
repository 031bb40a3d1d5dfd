/** The authorization code that a token request presents: what the engine found of it, and how to burn it. */
import type { EngineContext } from '../engine-context.ts'

export type CodeAtHand = {
  /** Whether the authorization request had a code_challenge. */
  hasChallenge: boolean
  /** Uses the code up (RFC 7636 §4.6 leaves that open; a code that was guessed at is not worth keeping). */
  burn(): Promise<unknown>
}

const codes = new WeakMap<object, CodeAtHand>()

export const rememberCode = (ctx: EngineContext, code: CodeAtHand): void =>
  void codes.set(ctx, code)

export const codeAtHand = (ctx: EngineContext): CodeAtHand | undefined => codes.get(ctx)
