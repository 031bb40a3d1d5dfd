/** Breakages on the pages of a sign-in, and of signing out. */
import type { Breakage } from './breakage.ts'
import { openLogin, pageOf, signIn } from './flow.ts'

export const pageBreakages = {
  'sign-in-expired': {
    place: 'screen',
    request: (_good, workshop) => workshop.walk().request('/interaction/of-another-browser'),
  },
  'sign-in-failed': {
    place: 'screen',
    ofApp: true,
    async request(_good, { walk: newWalk, batch }) {
      const walk = newWalk()
      const login = await openLogin(walk, batch.client())
      return walk.form(login, { login: batch.person().login, password: 'not-the-password' })
    },
  },
  'second-step-failed': {
    place: 'screen',
    ofApp: true,
    async request(_good, { walk: newWalk, batch }) {
      const walk = newWalk()
      const login = await openLogin(walk, batch.client(), { acr_values: 'urn:countersign:mfa' })
      const code = pageOf(await signIn(walk, login, batch.person()))
      return walk.form(code, { code: 'no code' })
    },
  },
  'logout-refused': {
    place: 'page',
    request: (_good, workshop) => workshop.walk().request('/oauth/logout?id_token_hint=none'),
  },
} satisfies Record<string, Breakage>
