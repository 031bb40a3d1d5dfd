/**
 * An error on its way to the client in a signed response (JARM). Nobody can change its words once it is signed, so they
 * are put into those of the catalogue before.
 */
import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { OAuthError } from '../../refusals/problem.ts'
import type { EngineContext } from '../engine-context.ts'

type Issue = (
  this: Provider['IdToken']['prototype'],
  options: Parameters<Provider['IdToken']['prototype']['issue']>[0],
) => Promise<string>

const signed = new WeakSet<Context>()

/** Whether the answer takes an error along that is signed, and so as it should be. */
export const carriesSignedError = (ctx: Context): boolean => signed.has(ctx)

/** `wordsFor` is asked after the engine has told of the error, and before it signs what it sends. */
export function signErrorsInWords(
  provider: Provider,
  wordsFor: (ctx: EngineContext) => OAuthError | undefined,
): void {
  const model: { issue: Issue } = provider.IdToken.prototype
  const { issue } = model
  model.issue = async function issueInWords(options) {
    const ctx = this.ctx as EngineContext
    if (options.use === 'authorization' && this.extra['error'] !== undefined) {
      Object.assign(this.extra, wordsFor(ctx))
      signed.add(ctx)
    }
    return issue.call(this, options)
  }
}
