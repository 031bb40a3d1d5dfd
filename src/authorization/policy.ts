/** When a person must be asked: the engine's checks for sign-in and consent, and ours beside them. */
import type { interactionPolicy as Policy } from 'oidc-provider'
import { ACR_VALUES } from '../lib/acr.ts'
import { isAnybodysAddress } from './client-documents.ts'
import { errors, interactionPolicy } from './engine.ts'
import type { EngineContext } from './engine-context.ts'
import { acceptableAcrs } from './requested-claims.ts'

/** The reason of an interaction that a second step alone settles. */
export const STEP_UP = 'acr_step_up'

export function createPolicy(): Policy.DefaultPolicy {
  const policy = interactionPolicy.base()
  const { Check } = interactionPolicy
  // Ours below judges an essential `acr` together with acr_values, and knows what cannot be met.
  policy.get('login')?.checks.remove('essential_acrs')
  policy.get('login')?.checks.remove('essential_acr')
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
      'another way of signing in is asked for',
      // With prompt=none: a page that is neither sign-in nor consent is due (OpenID Connect Core 1.0 §3.1.2.6).
      'interaction_required',
      (ctx) => needsStepUp(ctx as EngineContext),
    ),
  )
  policy
    .get('consent')
    ?.checks.add(
      new Check(
        'anybodys_address',
        'the app is at an address that any app may listen at',
        'interaction_required',
        ({ oidc }) =>
          isAnybodysAddress(oidc.client?.clientId ?? '', oidc.params?.['redirect_uri']) &&
          !(oidc as EngineContext['oidc']).result?.consent,
      ),
    )
  return policy
}

/** RFC 9470 §5: what nobody can meet fails at once, and nobody is asked for a password in vain. */
function needsStepUp(ctx: EngineContext): boolean {
  const acceptable = acceptableAcrs(ctx.oidc.params ?? {})
  if (acceptable.length === 0) {
    throw new errors.UnmetAuthenticationRequirements('no acr that is asked for can be met')
  }
  const { session } = ctx.oidc
  if (session?.accountId === undefined || acceptable.length === ACR_VALUES.length) return false
  return !acceptable.includes(session.acr ?? '')
}
