/** Breakages at the other endpoints of the authorization server: pushed requests, introspection, revocation. */
import type { Breakage } from './breakage.ts'
import { basic, formPost, tokensFor } from './flow.ts'
import { accepting } from './operations.ts'

export const sideDoorBreakages = {
  'par-refused': {
    place: 'endpoint',
    request: (_good, workshop) =>
      formPost(
        workshop,
        '/oauth/par',
        { request_uri: 'urn:ietf:params:oauth:request_uri:of-another' },
        { as: workshop.batch.client() },
      ),
  },
  'par-request-object': {
    place: 'endpoint',
    request: (_good, workshop) =>
      formPost(workshop, '/oauth/par', { request: 'not.a.jwt' }, { as: workshop.batch.client() }),
  },
  'introspect-unauthenticated': {
    place: 'endpoint',
    request(good, workshop) {
      const { id } = workshop.batch.client()
      const headers = [basic(id, 'not-the-secret')]
      return formPost(workshop, '/oauth/introspect', { token: good.token }, { headers })
    },
  },
  'introspect-jwt-unauthenticated': {
    place: 'endpoint',
    request(good, workshop) {
      const { id } = workshop.batch.client()
      const headers = [basic(id, 'not-the-secret')]
      const request = formPost(workshop, '/oauth/introspect', { token: good.token }, { headers })
      return accepting(request, 'application/token-introspection+jwt')
    },
  },
  'introspect-inactive': {
    place: 'endpoint',
    vary: 'Origin',
    told: {
      fields: [
        ['Content-Type', 'application/json; charset=utf-8'],
        ['Cache-Control', 'no-store'],
      ],
      body: { active: false },
    },
    request(_good, workshop) {
      const audiences = [`${workshop.issuer}/api`]
      const as = workshop.batch.client({ grant_types: [], audiences })
      const token = 'a-token-that-was-never-given-out'
      return formPost(workshop, '/oauth/introspect', { token }, { as })
    },
  },
  'revoke-unknown-token': {
    place: 'endpoint',
    vary: 'Origin',
    told: { fields: [['Content-Type', 'text/plain; charset=utf-8']], body: '' },
    request: (_good, workshop) =>
      formPost(
        workshop,
        '/oauth/revoke',
        { token: 'a-token-that-was-never-given-out' },
        { as: workshop.batch.client() },
      ),
  },
  'revoke-foreign-token': {
    place: 'endpoint',
    request: (good, workshop) =>
      formPost(workshop, '/oauth/revoke', { token: good.token }, { as: workshop.batch.client() }),
  },
  'revoke-refused': {
    place: 'endpoint',
    async request(_good, workshop) {
      const as = workshop.batch.client()
      const { id_token: token } = await tokensFor(workshop, as)
      return formPost(workshop, '/oauth/revoke', { token }, { as })
    },
  },
  'revoke-busy': {
    place: 'endpoint',
    faults: ['database out of reach'],
    request: (_good, workshop) =>
      formPost(
        workshop,
        '/oauth/revoke',
        { token: 'a-token-that-could-be-good' },
        { as: workshop.batch.client() },
      ),
  },
} satisfies Record<string, Breakage>
