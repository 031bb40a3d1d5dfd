/** Every way this server says no: one table, and the floor everything else stands on. */
import { accessToken } from './catalogue/access-token.ts'
import { authorize } from './catalogue/authorize.ts'
import { credentials } from './catalogue/credentials.ts'
import { http } from './catalogue/http.ts'
import { pages } from './catalogue/pages.ts'
import { passwords } from './catalogue/passwords.ts'
import { permission } from './catalogue/permission.ts'
import { proof } from './catalogue/proof.ts'
import { registration } from './catalogue/registration.ts'
import type { ClientVerb, Row, Scheme } from './catalogue/row.ts'
import { sideDoors } from './catalogue/side-doors.ts'
import { tokenEndpoint } from './catalogue/token-endpoint.ts'

export type { ClientVerb, Row, Scheme }

/** In the order a request meets them. */
export const chapters = {
  http,
  credentials,
  accessToken,
  proof,
  permission,
  passwords,
  authorize,
  pages,
  tokenEndpoint,
  sideDoors,
  registration,
} as const

/** What each chapter is about. */
export const chapterTitles: Readonly<Record<keyof typeof chapters, string>> = {
  http: 'HTTP itself',
  credentials: 'No usable credential',
  accessToken: 'A token, but not a good one',
  proof: 'Proof of possession',
  permission: 'Known caller, still no; and not the caller’s fault',
  passwords: 'Basic and Digest',
  authorize: 'Authorization endpoint, in front of a person',
  pages: 'Our own pages',
  tokenEndpoint: 'Token endpoint',
  sideDoors: 'Pushed requests, introspection, revocation, and what the client must refuse',
  registration: 'Registration',
}

export const catalogue = {
  ...http,
  ...credentials,
  ...accessToken,
  ...proof,
  ...permission,
  ...passwords,
  ...authorize,
  ...pages,
  ...tokenEndpoint,
  ...sideDoors,
  ...registration,
} as const satisfies Record<string, Row>

export type RefusalId = keyof typeof catalogue

/** A row with all its optional members, which the literal types of `catalogue` hide. */
export const rowOf = (id: RefusalId): Row => catalogue[id]

export const refusalIds = Object.keys(catalogue) as RefusalId[]
