/**
 * One breakage for every refusal of the API and of HTTP, checked to be complete when it is
 * compiled.
 */
import type { RefusalId, catalogue } from '../refusals/catalogue.ts'
import type { Breakage } from './breakages/breakage.ts'
import { credentialBreakages } from './breakages/credentials.ts'
import { httpBreakages } from './breakages/http.ts'
import { operationBreakages } from './breakages/operations.ts'
import { tokenBreakages } from './breakages/tokens.ts'

type Rows = typeof catalogue

/** Refusals of the API and of HTTP; those that say why they cannot be provoked are left out. */
export type ProvokableId = {
  [Id in RefusalId]: Rows[Id] extends { arises: 'api' | 'http' }
    ? Rows[Id] extends { reason: string }
      ? never
      : Id
    : never
}[RefusalId]

/** In the order a request meets them. A refusal without a breakage does not compile. */
export const breakages = {
  ...httpBreakages,
  ...credentialBreakages,
  ...tokenBreakages,
  ...operationBreakages,
} as const satisfies Record<ProvokableId, Breakage>

export const breakageFor = (id: ProvokableId): Breakage => breakages[id]

export const provokableIds = Object.keys(breakages) as ProvokableId[]
