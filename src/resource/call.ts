/** A call under judgement: its facts, and beside them what the facts must not hold. */
import type { CryptoKey } from 'jose'
import type { Context } from 'koa'
import type { JsonObject } from './access-token.ts'
import type { ParsedProof } from './dpop.ts'
import type { FactName, Facts, StandingFacts } from './facts.ts'
import type { FoundKey } from './signing-keys.ts'
import type { KnownToken } from './verified-tokens.ts'

export type Call = {
  readonly facts: Facts
  readonly ctx: Context
  /** The token's text, set where it was found. */
  token: string | undefined
  known: KnownToken | undefined
  found: FoundKey | undefined
  answer: JsonObject | undefined
  stands: Stands | undefined
  /** What came with the scheme DPoP; absent with any other. */
  proof?: {
    text: string
    parsed?: ParsedProof
    key?: CryptoKey | undefined
  }
}

/** Known by one read of the database. */
export type Stands = { standing: StandingFacts; age: number }

export const newCall = (ctx: Context, facts: Facts): Call => ({
  facts,
  ctx,
  token: undefined,
  known: undefined,
  found: undefined,
  answer: undefined,
  stands: undefined,
})

/** How each fact is gathered. What has an effect is none of them. */
export type Gather = {
  readonly [Name in GatheredFact]: (
    call: Call,
  ) => Facts[Name] | (Name extends FreeFact ? never : Promise<Facts[Name]>)
}

export type GatheredFact = Exclude<FactName, 'proofUse'>

/** Known at once, or as soon as the token, or the proof, was taken apart. */
export type FreeFact =
  | 'authorization'
  | 'header'
  | 'claims'
  | 'repeatedClaims'
  | 'certificate'
  | 'request'
  | 'tokenHash'
  | 'proofStructure'
  | 'proofHeader'
  | 'proofClaims'
  | 'repeatedProofClaims'
  | 'nonce'
