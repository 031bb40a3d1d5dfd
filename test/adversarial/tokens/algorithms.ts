/** Tokens that name another algorithm than ours, or use our public key as what it is not (RFC 8725 §2.1, §3.1). */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { SIGNING_ALGORITHMS } from '../../../src/authorization/keys/standing.ts'
import type { SigningAlgorithm } from '../../../src/authorization/keys/standing.ts'
import type { WholeBench } from '../bench.ts'
import { forged, keyedWith, minted, rewritten, segment } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

const publicKey = ({ key }: WholeBench): KeyObject =>
  createPublicKey({ key: { ...key }, format: 'jwk' })
const pem = (bench: WholeBench) => publicKey(bench).export({ type: 'spki', format: 'pem' })
const der = (bench: WholeBench) => publicKey(bench).export({ type: 'spki', format: 'der' })
const jwk = (bench: WholeBench) => publicKey(bench).export({ format: 'jwk' })
const coordinate = (name: 'x' | 'y') => (bench: WholeBench) =>
  Buffer.from(jwk(bench)[name] ?? '', 'base64url')

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey

const raw =
  (hash: string | null, key: KeyObject, more: object = {}) =>
  (input: string) =>
    sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...more })

const none: TokenCase[] = [
  ['alg none', 'token-alg-refused', minted({ header: { alg: 'none' }, signer: 'nobody' }), 13],
  ['alg nOnE', 'token-alg-refused', minted({ header: { alg: 'nOnE' }, signer: 'nobody' }), 13],
  ['alg None', 'token-alg-refused', minted({ header: { alg: 'None' }, signer: 'nobody' })],
  ['alg NONE', 'token-alg-refused', minted({ header: { alg: 'NONE' }, signer: 'nobody' })],
  ['alg none and a good signature', 'token-alg-refused', minted({ header: { alg: 'none' } }), 13],
  [
    'alg none put over a good signature',
    'token-alg-refused',
    rewritten(
      ({ payload, signature }) =>
        `${segment('{"alg":"none","typ":"at+jwt"}')}.${payload}.${signature}`,
    ),
  ],
  [
    'alg none and nothing behind the payload',
    'token-malformed',
    rewritten(({ payload }) => `${segment('{"alg":"none"}')}.${payload}`),
  ],
]

const spelling: TokenCase[] = [
  undefined,
  null,
  '',
  'es256',
  'ES256 ',
  'ES256\0',
  ['ES256'],
  {},
  1,
  true,
].map((alg) => [
  `alg ${alg === undefined ? 'absent' : JSON.stringify(alg)}`,
  'token-alg-refused',
  minted({ header: { alg } }),
])

const confusion: TokenCase[] = [
  [
    'HS256 and our public key in PEM',
    'token-alg-refused',
    forged({ alg: 'HS256' }, keyedWith('sha256', pem)),
    14,
  ],
  [
    'HS256 and our public key in PEM without its last line end',
    'token-alg-refused',
    forged(
      { alg: 'HS256' },
      keyedWith('sha256', (bench) => pem(bench).trimEnd()),
    ),
  ],
  [
    'HS256 and our public key in DER',
    'token-alg-refused',
    forged({ alg: 'HS256' }, keyedWith('sha256', der)),
    14,
  ],
  [
    'HS256 and our public key as JWK',
    'token-alg-refused',
    forged(
      { alg: 'HS256' },
      keyedWith('sha256', (bench) => JSON.stringify(jwk(bench))),
    ),
    14,
  ],
  [
    'HS256 and a coordinate of our public key',
    'token-alg-refused',
    forged({ alg: 'HS256' }, keyedWith('sha256', coordinate('x'))),
  ],
  [
    'HS256 and an empty secret',
    'token-alg-refused',
    forged(
      { alg: 'HS256' },
      keyedWith('sha256', () => ''),
    ),
  ],
  [
    'HS384 and our public key in PEM',
    'token-alg-refused',
    forged({ alg: 'HS384' }, keyedWith('sha384', pem)),
  ],
  [
    'HS512 and our public key in PEM',
    'token-alg-refused',
    forged({ alg: 'HS512' }, keyedWith('sha512', pem)),
  ],
  [
    'ES256 over an HMAC with our public key',
    'token-bad-signature',
    forged({ alg: 'ES256' }, keyedWith('sha256', pem)),
    14,
  ],
]

const others: TokenCase[] = [
  [
    'PS384 and an RSA key',
    'token-alg-refused',
    forged({ alg: 'PS384' }, raw('sha384', rsa, { padding: 6, saltLength: 48 })),
  ],
  ['RS384 and an RSA key', 'token-alg-refused', forged({ alg: 'RS384' }, raw('sha384', rsa))],
  ['RS512 and an RSA key', 'token-alg-refused', forged({ alg: 'RS512' }, raw('sha512', rsa))],
  ['ES384 and a key for it', 'token-alg-refused', forged({ alg: 'ES384' }, raw('sha384', p384))],
  ['ES512 and a key for it', 'token-alg-refused', forged({ alg: 'ES512' }, raw('sha512', p521))],
  [
    'ES256K and a key for it',
    'token-alg-refused',
    forged({ alg: 'ES256K' }, raw('sha256', secp256k1)),
  ],
  [
    'the other name of EdDSA (RFC 9864), and a key for it',
    'token-alg-refused',
    forged({ alg: 'Ed25519' }, raw(null, ed25519)),
  ],
  ['ES384 over our signature', 'token-alg-refused', minted({ header: { alg: 'ES384' } })],
  ['ES256K over our signature', 'token-alg-refused', minted({ header: { alg: 'ES256K' } })],
  ['an algorithm nobody knows', 'token-alg-refused', minted({ header: { alg: 'XX999' } })],
  [
    'ES256 over a signature on another curve of the same size',
    'token-bad-signature',
    forged({ alg: 'ES256' }, raw('sha256', secp256k1)),
  ],
  [
    'ES256 over a signature on a larger curve',
    'token-bad-signature',
    forged({ alg: 'ES256' }, raw('sha256', p384)),
  ],
  [
    'ES256 over an RSA signature',
    'token-bad-signature',
    forged({ alg: 'ES256' }, raw('sha256', rsa)),
  ],
]

const keyOf = (jwk: JWK): KeyObject => createPrivateKey({ key: { ...jwk }, format: 'jwk' })

/** How a key of each algorithm signs, and a stranger's key of the same kind. */
const kinds: Readonly<
  Record<SigningAlgorithm, { hash: string | null; more?: object; stranger: KeyObject }>
> = {
  ES256: { hash: 'sha256', stranger: p256 },
  RS256: { hash: 'sha256', stranger: rsa },
  PS256: { hash: 'sha256', more: { padding: 6, saltLength: 32 }, stranger: rsa },
  EdDSA: { hash: null, stranger: ed25519 },
}

/** Every resource server knows RS256 (RFC 9068 §2.1); our ID tokens are signed with any of these. */
const accepted: TokenCase[] = SIGNING_ALGORITHMS.flatMap((alg): TokenCase[] => {
  const ours = withOurs(alg)
  const other = SIGNING_ALGORITHMS.filter((one) => one !== alg)
  return [
    [`${alg} and our key for it`, 'accepted', ours({})],
    [`${alg} and no kid, as two keys fit`, 'token-key-unknown', ours({ kid: undefined }), 17],
    [`${alg} and the typ of an ID token`, 'token-wrong-typ', ours({ typ: 'JWT' }), 24],
    [`${alg} and no typ`, 'token-wrong-typ', ours({ typ: undefined }), 24],
    [`${alg} and a stranger’s key`, 'token-bad-signature', ours({}, () => kinds[alg].stranger)],
    ...other.map((theirs): TokenCase => {
      const header = ({ keys }: WholeBench) => ({ kid: keys[theirs].kid })
      return [`${alg} under the kid of our key for ${theirs}`, 'token-key-unknown', ours(header)]
    }),
  ]
})

const crossed: TokenCase[] = [
  [
    'PS256 by our key for RS256, under its kid',
    'token-key-unknown',
    withOurs('PS256')(
      ({ keys }) => ({ kid: keys.RS256.kid }),
      ({ keys }) => keyOf(keys.RS256),
    ),
  ],
  [
    'PS256 by our key for RS256, under the kid of the right one',
    'token-bad-signature',
    withOurs('PS256')({}, ({ keys }) => keyOf(keys.RS256)),
  ],
  [
    'RS256 over a PS256 signature by our key for it',
    'token-bad-signature',
    (bench) =>
      forged({ alg: 'RS256', kid: bench.keys.RS256.kid }, (input) =>
        raw('sha256', keyOf(bench.keys.RS256), kinds.PS256.more)(input),
      )(bench),
  ],
  [
    'the other name of EdDSA over a signature by our key for it',
    'token-alg-refused',
    withOurs('EdDSA')({ alg: 'Ed25519' }),
  ],
  [
    'HS256 and our public RSA key in PEM',
    'token-alg-refused',
    forged(
      { alg: 'HS256' },
      keyedWith('sha256', ({ keys }) =>
        createPublicKey(keyOf(keys.RS256)).export({ type: 'spki', format: 'pem' }),
      ),
    ),
    14,
  ],
  [
    'HS256 and our public Ed25519 key',
    'token-alg-refused',
    forged(
      { alg: 'HS256' },
      keyedWith('sha256', ({ keys }) => Buffer.from(keys.EdDSA.x ?? '', 'base64url')),
    ),
    14,
  ],
]

type Header = Readonly<Record<string, unknown>>

function withOurs(alg: SigningAlgorithm) {
  return (
      header: Header | ((bench: WholeBench) => Header),
      key: (bench: WholeBench) => KeyObject = ({ keys }) => keyOf(keys[alg]),
    ): MakeToken =>
    (bench) => {
      const laid = typeof header === 'function' ? header(bench) : header
      return forged({ alg, kid: bench.keys[alg].kid, ...laid }, (input) =>
        raw(kinds[alg].hash, key(bench), kinds[alg].more)(input),
      )(bench)
    }
}

export const algorithms: readonly TokenCase[] = [
  ...none,
  ...spelling,
  ...confusion,
  ...others,
  ...accepted,
  ...crossed,
]
