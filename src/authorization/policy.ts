/** When a person must be asked: the engine's checks for sign-in and consent, and ours beside them. */
import type { interactionPolicy as Policy } from 'oidc-provider'
import { acrRank, leastRank } from '../lib/acr.ts'
import { errors, interactionPolicy } from './engine.ts'
import type { EngineContext } from './engine-context.ts'

/** The reason of an interaction that a second step alone settles. */
export const STEP_UP = 'acr_step_up'

export function createPolicy(): Policy.DefaultPolicy {
  const policy = interactionPolicy.base()
  const { Check } = interactionPolicy
  policy
    .get('login')
    ?.checks.add(
      new Check(
        'account_gone',
        'the account of this session can no longer sign in',
        'login_required',
        (ctx) => ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined,
      ),
    )
  policy.get('login')?.checks.add(
    new Check(
      STEP_UP,
      'a stronger sign-in is asked for',
      // With prompt=none: a page that is neither sign-in nor consent is due (OpenID Connect Core 1.0 §3.1.2.6).
      'interaction_required',
      (ctx) => needsStepUp(ctx as EngineContext),
    ),
  )
  return policy
}

/** RFC 9470 §5: what nobody can meet fails at once, and nobody is asked for a password in vain. */
function needsStepUp(ctx: EngineContext): boolean {
  const least = leastRank(ctx.oidc.params?.['acr_values'])
  if (least === undefined) {
    throw new errors.UnmetAuthenticationRequirements('none of the acr_values can be met')
  }
  const { session } = ctx.oidc
  return session?.accountId !== undefined && acrRank(session.acr) < least
}
