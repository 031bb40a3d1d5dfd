/** The engine's context as we use it: its own types, and what they leave out. */
import type { KoaContextWithOIDC } from 'oidc-provider'

export type EngineContext = KoaContextWithOIDC & {
  oidc: {
    /** The interaction's result while an authorization request is resumed. */
    result?: { login?: unknown; consent?: ConsentDecision; error?: string }
  }
}

/** What a person decided on the consent page, for this one request. */
export type ConsentDecision = {
  /** Who decided. */
  sub: string
  granted: string[]
}
