/**
 * One breakage for every refusal that has no reason why not, checked to be complete when it is compiled.
 */
import type { catalogue, RefusalId } from '../refusals/catalogue.ts'
import { authorizeBreakages } from './breakages/authorize.ts'
import type { Breakage } from './breakages/breakage.ts'
import { credentialBreakages } from './breakages/credentials.ts'
import { deviceBreakages } from './breakages/device.ts'
import { httpBreakages } from './breakages/http.ts'
import { operationBreakages } from './breakages/operations.ts'
import { pageBreakages } from './breakages/pages.ts'
import { passwordBreakages } from './breakages/passwords.ts'
import { proofBreakages } from './breakages/proof.ts'
import { registrationBreakages } from './breakages/registration.ts'
import { sideDoorBreakages } from './breakages/side-doors.ts'
import { tokenEndpointBreakages } from './breakages/token-endpoint.ts'
import { tokenBreakages } from './breakages/tokens.ts'

/** In the order a request meets them. */
export const breakages = {
  ...httpBreakages,
  ...credentialBreakages,
  ...tokenBreakages,
  ...proofBreakages,
  ...operationBreakages,
  ...passwordBreakages,
  ...authorizeBreakages,
  ...pageBreakages,
  ...tokenEndpointBreakages,
  ...deviceBreakages,
  ...sideDoorBreakages,
  ...registrationBreakages,
} as const satisfies Record<ProvokableId, Breakage>

type Catalogue = typeof catalogue

/** An id with neither a breakage nor a reason does not compile. */
export type ProvokableId = {
  [Id in RefusalId]: Catalogue[Id] extends { reason: string } ? never : Id
}[RefusalId]

export const breakageFor = (id: ProvokableId): Breakage => breakages[id]

export const provokableIds = Object.keys(breakages) as ProvokableId[]

export const isProvokable = (id: RefusalId): id is ProvokableId => Object.hasOwn(breakages, id)
