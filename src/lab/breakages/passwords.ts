/** Breakages of the two schemes with a name and a password: Basic (RFC 7617) and Digest (RFC 7616). */
import { randomBytes } from 'node:crypto'
import { digestSecretOf, responseOf } from '../../lib/digest-auth.ts'
import { valueOf } from '../send.ts'
import type { ThrowawayPerson } from '../throwaways.ts'
import type { Breakage, Workshop } from './breakage.ts'
import type { Header, RequestParts } from '../request.ts'
import { basic, hostHeader } from './flow.ts'

const REALM = 'countersign'

const asking = (
  workshop: Workshop,
  scheme: 'basic' | 'digest',
  ...more: Header[]
): RequestParts => ({
  method: 'GET',
  target: `/challenge/${scheme}`,
  headers: [hostHeader(workshop), ['Accept', 'application/json'], ...more],
})

const wrongPassword = (workshop: Workshop): RequestParts =>
  asking(workshop, 'basic', basic(workshop.batch.person().login, 'not-the-password'))

type Challenge = { nonce: string; opaque: string }

/** What the address challenges with, as a client meets it. */
async function challengeOf(workshop: Workshop): Promise<Challenge> {
  const { headers } = await workshop.exchange(asking(workshop, 'digest'))
  const line = valueOf(headers, 'www-authenticate') ?? ''
  const param = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(line)?.[1] ?? ''
  return { nonce: param('nonce'), opaque: param('opaque') }
}

/** The answer to a challenge; what is changed is changed after the response was computed. */
function answering(
  workshop: Workshop,
  { nonce, opaque }: Challenge,
  { login, password }: Pick<ThrowawayPerson, 'login' | 'password'>,
  changes: Readonly<Record<string, string | undefined>> = {},
): RequestParts {
  const parameters = {
    uri: '/challenge/digest',
    nonce,
    nc: '00000001',
    cnonce: randomBytes(12).toString('base64url'),
  }
  const secret = digestSecretOf(login, REALM, password)
  const response = responseOf(secret, 'GET', parameters)
  const all = { username: login, realm: REALM, ...parameters, opaque, response, ...changes }
  const quoted = Object.entries<string | undefined>(all)
    .filter(([name, value]) => name !== 'nc' && value !== undefined)
    .map(([name, value]) => `${name}="${value ?? ''}"`)
  const plain = ['qop=auth', 'algorithm=SHA-256', `nc=${parameters.nc}`]
  const value = `Digest ${[...quoted, ...plain].join(', ')}`
  return asking(workshop, 'digest', ['Authorization', value])
}

export const passwordBreakages = {
  'basic-required': { place: 'password', request: (_good, workshop) => asking(workshop, 'basic') },
  'basic-rejected': { place: 'password', request: (_good, workshop) => wrongPassword(workshop) },
  'digest-required': {
    place: 'password',
    request: (_good, workshop) => asking(workshop, 'digest'),
  },
  'digest-rejected': {
    place: 'password',
    async request(_good, workshop) {
      const { login } = workshop.batch.person()
      const guess = { login, password: 'not-the-password' }
      return answering(workshop, await challengeOf(workshop), guess)
    },
  },
  'digest-stale': {
    place: 'password',
    async request(_good, workshop) {
      const { opaque } = await challengeOf(workshop)
      const nonce = workshop.digestNonce(3_600)
      return answering(workshop, { nonce, opaque }, workshop.batch.person())
    },
  },
  'digest-replay': {
    place: 'password',
    async request(_good, workshop) {
      const challenge = await challengeOf(workshop)
      const request = answering(workshop, challenge, workshop.batch.person())
      await workshop.exchange(request)
      return request
    },
  },
  'digest-malformed': {
    place: 'password',
    request: async (_good, workshop) =>
      answering(workshop, await challengeOf(workshop), workshop.batch.person(), {
        cnonce: undefined,
      }),
  },
  'digest-uri-mismatch': {
    place: 'password',
    request: async (_good, workshop) =>
      answering(workshop, await challengeOf(workshop), workshop.batch.person(), {
        uri: '/challenge/another',
      }),
  },
  'login-throttled': {
    place: 'password',
    headers: { 'Retry-After': '<seconds>' },
    async request(_good, workshop) {
      const request = wrongPassword(workshop)
      for (let guess = 0; guess < 10; guess++) await workshop.exchange(request)
      return request
    },
  },
} satisfies Record<string, Breakage>
