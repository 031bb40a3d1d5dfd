/** When a person must be asked: the engine's checks for sign-in and consent, and ours beside them. */
import type { interactionPolicy as Policy } from 'oidc-provider'
import { interactionPolicy } from './engine.ts'

/** How a person proved who they are, as `acr` (RFC 9068 §2.2.1): by password. */
export const ACR_PASSWORD = 'urn:countersign:pwd'

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
  return policy
}
