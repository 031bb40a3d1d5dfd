/** What the engine says of every grant in the same words, such as that it is another client's, is told in the grant's own. */
import type { RefusalId } from '../../refusals/catalogue.ts'
import { DEVICE_CODE } from '../client-payload.ts'
import type { EngineContext } from '../engine-context.ts'

const OF_GRANT = new Map<unknown, RefusalId>([
  ['refresh_token', 'grant-refresh-invalid'],
  [DEVICE_CODE, 'device-code-invalid'],
])

/** A code is what the engine's words are taken to be about. */
export function invalidGrantOf(ctx: EngineContext, id: RefusalId): RefusalId {
  if (id !== 'grant-code-invalid') return id
  return OF_GRANT.get(ctx.oidc.params?.['grant_type']) ?? id
}
