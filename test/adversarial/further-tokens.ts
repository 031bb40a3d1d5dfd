/** Hostile input 15–38 where it takes more than a token: another key set, another clock, a real sign-in, an outage. */
import type { ExecutionContext } from 'ava'
import { generateKeyPairSync } from 'node:crypto'
import type { Fault } from '../../src/lab/breakages/breakage.ts'
import { createPerson } from '../helpers/person.ts'
import { publicKey, startApi } from '../resource/api.ts'
import type { Api } from '../resource/api.ts'
import { benchOf, wholeBench } from './bench.ts'
import type { Bench, WholeBench } from './bench.ts'
import { accepted, atTheEdge, invalidRequest, invalidToken } from './input.ts'
import type { Answer, HostileRequest, Input } from './input.ts'

const FORM = 'Content-Type: application/x-www-form-urlencoded'
const HOUR = 3_600

const whoami = (token: string): HostileRequest => ({
  line: 'GET /api/whoami',
  fields: [`Authorization: Bearer ${token}`],
})

const expired = (scope: string) => ({ issuedAt: -2 * HOUR, expiresIn: HOUR, scope })

/** The API alone, after `change`. */
const api =
  (change: (api: Api) => void) =>
  async (t: ExecutionContext): Promise<Bench> => {
    const one = await startApi(t)
    change(one)
    return benchOf(one)
  }

const outage = (fault: Fault) => api(({ world }) => world.faults.add(fault))

const down: Answer = {
  ...atTheEdge(
    503,
    'auth-backend-down',
    'The token cannot be checked at the moment; keep it and try again later',
    { headers: { 'Retry-After': '30' } },
  ),
  error: 'temporarily_unavailable',
}

const secondKey = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'es-2',
}

export const furtherTokens: readonly Input<WholeBench>[] = [
  {
    number: 16,
    what: 'a kid of 1 MB',
    async request({ mint }) {
      return whoami(await mint.mint({ header: { kid: 'k'.repeat(1_000_000) } }))
    },
    answer: atTheEdge(
      431,
      'header-too-large',
      'The header fields are longer than 16 KiB together',
      {
        field: 'authorization',
      },
    ),
  },
  {
    number: 24,
    what: 'the ID token of a sign-in',
    async request({ issuer }) {
      return whoami((await createPerson(issuer).tokens()).id_token)
    },
    answer: invalidToken('token-wrong-typ', 'This is not an access token'),
  },
  {
    number: 33,
    what: 'a token and a line end, in a form',
    async request({ mint }) {
      const token = await mint.mint()
      const [, , signature = ''] = token.split('.')
      return {
        line: 'POST /api/whoami',
        fields: [FORM],
        body: `access_token=${token}%0A`,
        traces: [signature],
      }
    },
    answer: invalidRequest(
      'credentials-malformed',
      'The token contains characters that are not allowed',
    ),
  },
  {
    number: 29,
    what: 'a token that expired 4 s ago where 30 s are granted',
    bench: (t) => wholeBench(t, { settings: { CLOCK_LEEWAY: '30' } }),
    async request({ mint, now }) {
      return whoami(await mint.mint({ issuedAt: now - 304, expiresIn: 300 }))
    },
    answer: accepted,
  },
  {
    number: 29,
    what: 'a token that expired an hour ago where 30 s are granted',
    bench: (t) => wholeBench(t, { settings: { CLOCK_LEEWAY: '30' } }),
    async request({ mint, now }) {
      return whoami(await mint.mint({ issuedAt: now - 2 * HOUR, expiresIn: HOUR }))
    },
    answer: invalidToken('token-expired', 'The access token expired'),
  },
  {
    number: 36,
    what: 'a refresh token',
    async request({ issuer }) {
      return whoami((await createPerson(issuer).tokens()).refresh_token)
    },
    answer: invalidToken('token-unknown'),
  },
  {
    number: 36,
    what: 'an authorization code',
    async request({ issuer }) {
      return whoami((await createPerson(issuer).code()).code)
    },
    answer: invalidToken('token-unknown'),
  },
  {
    number: 37,
    what: 'a token that is expired and lacks the scope',
    async request({ mint, now }) {
      const { issuedAt, ...options } = expired('notes:read')
      const token = await mint.mint({ ...options, issuedAt: now + issuedAt })
      return { ...whoami(token), line: 'POST /api/notes' }
    },
    answer: { ...invalidToken('token-expired', 'The access token expired'), scope: 'notes:write' },
  },
]

export const behindTheApi: readonly Input[] = [
  {
    number: 17,
    what: 'a token without a kid where two keys fit',
    bench: api(({ world }) => (world.keys = { keys: [publicKey, secondKey] })),
    async request({ mint }) {
      return whoami(await mint.mint({ header: { kid: undefined } }))
    },
    answer: invalidToken('token-key-unknown'),
  },
  {
    number: 17,
    what: 'a token with a kid that two keys have',
    bench: api(({ world }) => (world.keys = { keys: [publicKey, { ...secondKey, kid: 'es-1' }] })),
    async request({ mint }) {
      return whoami(await mint.mint())
    },
    answer: invalidToken('token-key-unknown'),
  },
  {
    number: 18,
    what: 'a token with a kid nobody published',
    bench: api(() => undefined),
    async request({ mint }) {
      return whoami(await mint.mint({ header: { kid: 'nobody-published-this' } }))
    },
    answer: invalidToken('token-key-unknown'),
  },
  {
    number: 38,
    what: 'a good token while the keys are out of reach',
    bench: outage('keys out of reach'),
    async request({ mint }) {
      return whoami(await mint.mint())
    },
    answer: down,
  },
  {
    number: 38,
    what: 'a forged token while the keys are out of reach',
    bench: outage('keys out of reach'),
    async request({ mint }) {
      return whoami(await mint.mint({ signer: 'stranger' }))
    },
    answer: down,
  },
  {
    number: 38,
    what: 'a good token while a key set that is none is published',
    bench: outage('keys unusable'),
    async request({ mint }) {
      return whoami(await mint.mint())
    },
    answer: {
      status: 500,
      id: 'auth-backend-broken',
      detail: 'The server cannot check tokens because of a mistake of its own',
      error: 'server_error',
    },
  },
]
