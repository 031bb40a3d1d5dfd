/** Hostile input 39–46: names, passwords and secrets (RFC 7617, RFC 7616, RFC 6749 §2.3.1). */
import type { ExecutionContext } from 'ava'
import { readMasterSecret } from '../../src/config/data-dir.ts'
import { createPasswordHashing } from '../../src/directory/password-hashing.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { createDigestNonces } from '../../src/resource/digest.ts'
import { CHEAP_HASHING } from '../helpers/start.ts'
import { digestLine, offerOf } from '../resource/digest-client.ts'
import type { Answer as DigestAnswer, Offer } from '../resource/digest-client.ts'
import { wholeBench } from './bench.ts'
import type { Bench, WholeBench } from './bench.ts'
import { accepted, send } from './input.ts'
import type { Answer, HostileRequest, Input } from './input.ts'

const CLIENT = { id: 'my~client', secret: 'a:b%3A+c&=' }

/** With people and a client whose names and secrets are easily read wrong. */
async function hardToRead(t: ExecutionContext): Promise<WholeBench> {
  const bench = await wholeBench(t)
  const { db, clients } = bench.server
  const hashing = createPasswordHashing({ cost: CHEAP_HASHING })
  const updatedAt = systemClock.date()
  for (const [login, password] of PEOPLE) {
    const passwordHash = await hashing.hash(password)
    await db.account.create({ data: { sub: login, login, passwordHash, updatedAt } })
  }
  await clients.add({
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    grant_types: ['client_credentials'],
    resource_scopes: 'notes:read',
  })
  return bench
}

const PEOPLE = [
  ['colon', 'b:c'],
  ['José', 'ñandú'],
] as const

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')

const basic = (credentials: string) => (): HostileRequest => ({
  line: 'GET /challenge/basic',
  fields: [`Authorization: Basic ${credentials}`],
})

const rejected: Answer = {
  status: 401,
  id: 'basic-rejected',
  detail: 'The user name and the password do not match',
  challenge: ['Basic realm="countersign", charset="UTF-8"'],
}

const GOOD = base64('alice:wonderland')
const badBasic: readonly (readonly [number: number, what: string, credentials: string])[] = [
  [40, 'no colon', base64('alice')],
  [40, 'a space in the base64', GOOD.replace(/^(.{4})/, '$1 ')],
  [40, 'characters that are no base64', GOOD.replace(/^(.{4})/, '$1!!')],
  [40, 'four characters of padding', `${GOOD.replace(/=*$/, '')}====`],
  [40, 'padding alone', '===='],
  [40, 'missing padding', GOOD.replace(/=+$/, '')],
  [40, 'bits left over', GOOD.replace(/A==$/, 'B==')],
  [40, 'the alphabet of URLs', base64('alice:~~~???').replaceAll('+', '-').replaceAll('/', '_')],
  [41, 'Latin-1', base64(Buffer.from('Jos\xE9:\xF1and\xFA', 'latin1'))],
  [41, 'a NUL in the name', base64('alice\0:wonderland')],
  [41, 'a line end in the password', base64('alice:wonderland\r\n')],
  [41, 'DEL', base64('alice:wonderland\x7F')],
  [41, 'a byte order mark', base64('\uFEFFalice:wonderland')],
  [41, 'half a surrogate pair', base64(Uint8Array.of(0xed, 0xa0, 0x80, 0x3a, 0x78))],
]

const atBasic: readonly Input<WholeBench>[] = [
  {
    number: 39,
    what: 'a second colon, which is the password’s',
    bench: hardToRead,
    request: basic(base64('colon:b:c')),
    answer: accepted,
  },
  {
    number: 39,
    what: 'a name that would end at the second colon',
    bench: hardToRead,
    request: basic(base64('colon:b:')),
    answer: rejected,
  },
  ...badBasic.map(([number, what, credentials]): Input<WholeBench> => ({
    number,
    what,
    bench: hardToRead,
    request: basic(credentials),
    answer: rejected,
  })),
  {
    number: 40,
    what: 'the same, spelt as it should be',
    request: basic(GOOD),
    answer: accepted,
  },
  ...(['NFC', 'NFD'] as const).map((form): Input<WholeBench> => ({
    number: 41,
    what: `a name in ${form}`,
    bench: hardToRead,
    request: basic(base64(`${'José'.normalize(form)}:ñandú`)),
    answer: accepted,
  })),
]

const tokenRequest = (credentials: string) => (): HostileRequest => ({
  line: 'POST /oauth/token',
  fields: [
    `Authorization: Basic ${credentials}`,
    'Content-Type: application/x-www-form-urlencoded',
  ],
  body: 'grant_type=client_credentials&scope=notes:read',
})

const invalidClient: Answer = {
  status: 401,
  id: 'token-invalid-client',
  detail: 'Client authentication failed',
  error: 'invalid_client',
  challenge: ['Basic realm="as", charset="UTF-8"'],
  format: 'oauth',
}

const PAIR = [CLIENT.id, CLIENT.secret] as const
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)

const atTheTokenEndpoint: readonly Input<WholeBench>[] = (
  [
    ['encoded as a form', PAIR.map(formEncoded).join(':'), accepted],
    ['encoded as an address', PAIR.map(encodeURIComponent).join(':'), accepted],
    ['not encoded', PAIR.join(':'), invalidClient],
    ['encoded but for the secret', `${formEncoded(CLIENT.id)}:${CLIENT.secret}`, invalidClient],
    ['encoded twice', PAIR.map(formEncoded).map(formEncoded).join(':'), invalidClient],
    ['encoded and cut in an escape', `${formEncoded(CLIENT.id)}%4:x`, invalidClient],
    ['encoded as no UTF-8', '%FF:x', invalidClient],
    ['with a NUL, encoded', 'service%00:service-secret', invalidClient],
  ] as const
).map(([what, credentials, answer]): Input<WholeBench> => ({
  number: 42,
  what: `id and secret of a client ${what}`,
  bench: hardToRead,
  request: tokenRequest(base64(credentials)),
  answer,
}))

const DIGEST = 'GET /challenge/digest'

/** Asks for a challenge, and answers it, or another one made of it. */
const digest =
  (
    answer: DigestAnswer,
    prepare: (bench: WholeBench, offer: Offer) => Offer | Promise<Offer> = (_bench, offer) => offer,
  ) =>
  async (bench: WholeBench): Promise<HostileRequest> => {
    const offer = await prepare(bench, offerOf(await send(bench, { line: DIGEST, fields: [] })))
    return { line: DIGEST, fields: [digestLine(offer, answer)], traces: [offer.nonce] }
  }

const OFFER =
  /^Digest realm="countersign", qop="auth", algorithm=SHA-256, nonce="[\w-]{44}", opaque="[\w-]+", charset=UTF-8, userhash=true$/
const STALE = new RegExp(`${OFFER.source.slice(0, -1)}, stale=true$`)

const refusedDigest = (
  id: NonNullable<Answer['id']>,
  status: number,
  detail: string,
  challenge = OFFER,
): Answer => ({ id, status, detail, challenge: [challenge] })

const WORDS = {
  rejected: 'The user name and the response do not match',
  replay: 'The nonce count was used before',
  stale: 'The nonce is too old; the response was right for it',
  malformed: 'The Digest credentials lack a parameter or break its form',
} as const

const malformed = refusedDigest('digest-malformed', 400, WORDS.malformed)
const replayed = refusedDigest('digest-replay', 401, WORDS.replay, STALE)
const wrong = refusedDigest('digest-rejected', 401, WORDS.rejected)

/** Answers with this count before, and is let in. */
const after =
  (nc: string) =>
  async (bench: Bench, offer: Offer): Promise<Offer> => {
    const { status, body } = await send(bench, {
      line: DIGEST,
      fields: [digestLine(offer, { nc })],
    })
    if (status !== 200) throw new Error(body)
    return offer
  }

/** As if the challenge had been made an hour ago. */
function old({ server, now }: WholeBench, offer: Offer): Offer {
  const secrets = createSecrets(readMasterSecret(server.config))
  const nonces = createDigestNonces({ secrets, clock: systemClock })
  return { ...offer, nonce: nonces.issue((now - 3_600) * 1000) }
}

const forged = (_bench: Bench, offer: Offer): Offer => ({
  ...offer,
  nonce: offer.nonce.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
})

const written = (params: NonNullable<DigestAnswer['written']>) => digest({ written: params })

const atDigest: readonly Input<WholeBench>[] = (
  [
    [43, 'a count twice', digest({ nc: '00000005' }, after('00000005')), replayed],
    [43, 'a count that goes back', digest({ nc: '00000004' }, after('00000005')), replayed],
    [43, 'a count that goes on', digest({ nc: '00000006' }, after('00000005')), accepted],
    [
      43,
      'a count used up, and a wrong password',
      digest({ password: 'x' }, after('00000001')),
      wrong,
    ],
    [43, 'nc=1', written({ nc: '1' }), malformed],
    [43, 'nc in quotes', written({ nc: '"00000001"' }), accepted],
    [44, 'a forged nonce', digest({}, forged), wrong],
    [
      44,
      'an old nonce and the right password',
      digest({}, old),
      refusedDigest('digest-stale', 401, WORDS.stale, STALE),
    ],
    [44, 'an old nonce and a wrong password', digest({ password: 'x' }, old), wrong],
    [44, 'a forged nonce and a wrong password', digest({ password: 'x' }, forged), wrong],
    [45, 'MD5', written({ algorithm: 'MD5' }), malformed],
    [45, 'MD5-sess', written({ algorithm: 'MD5-sess' }), malformed],
    [45, 'SHA-256-sess', written({ algorithm: 'SHA-256-sess' }), malformed],
    [45, 'SHA-512-256', written({ algorithm: 'SHA-512-256' }), malformed],
    [45, 'no algorithm, which means MD5', written({ algorithm: undefined }), malformed],
    [45, 'no qop', written({ qop: undefined }), malformed],
    [45, 'auth-int', written({ qop: 'auth-int' }), malformed],
  ] as const
).map(([number, what, request, answer]) => ({ number, what, request, answer }))

export const passwords: readonly Input<WholeBench>[] = [
  ...atBasic,
  ...atTheTokenEndpoint,
  ...atDigest,
]

/**
 * The example of RFC 7616 §3.9.2, in a name and a password beyond ASCII. Printed there with a truncated SHA-512; these
 * are of the algorithm it names (erratum 4897).
 */
export const vector = {
  number: 46,
  algorithm: 'sha512-256',
  user: 'J\u00E4s\u00F8n Doe',
  realm: 'api@example.org',
  password: 'Secret, or not?',
  parameters: {
    nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
    nc: '00000001',
    cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    uri: '/doe.json',
  },
  userhash: '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
  response: '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
} as const
