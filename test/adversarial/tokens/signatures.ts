/** Tokens whose signature is missing, misshapen, of another key or of another token (RFC 7515 §5.2, RFC 7518 §3.4). */
import { createPrivateKey, sign } from 'node:crypto'
import { forged, minted, rewritten, segment } from './token-case.ts'
import type { MakeToken, TokenCase } from './token-case.ts'

/** The order of P-256: `r` and `s` are numbers from 1 to one less than this. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
const MAX = bytesOf(2n ** 256n - 1n)

/** The two halves of the good signature, changed. */
const withNumbers = (change: (r: bigint, s: bigint) => readonly [bigint, bigint]): MakeToken =>
  withBytes((signature) => {
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map((half) =>
      BigInt(`0x${half.toString('hex')}`),
    )
    return Buffer.concat(change(r ?? 0n, s ?? 0n).map(bytesOf))
  })

function withBytes(change: (signature: Buffer) => Uint8Array): MakeToken {
  return rewritten(({ header, payload, signature }) => {
    const changed = change(Buffer.from(signature, 'base64url'))
    return `${header}.${payload}.${segment(changed)}`
  })
}

const id = 'token-bad-signature'

const shapes: TokenCase[] = [
  ['no signature', id, withBytes(() => new Uint8Array()), 13],
  ['one byte for a signature', id, withBytes((all) => all.subarray(0, 1))],
  ['a signature that lacks a byte', id, withBytes((all) => all.subarray(0, 63))],
  ['a signature and a byte more', id, withBytes((all) => Buffer.concat([all, Buffer.of(0)]))],
  ['a signature and a byte before', id, withBytes((all) => Buffer.concat([Buffer.of(0), all]))],
  ['a signature twice', id, withBytes((all) => Buffer.concat([all, all]))],
  ['a signature of 8 kB', id, withBytes((all) => Buffer.concat([all, Buffer.alloc(6_000)]))],
  ['a signature of zeros', id, withBytes(() => new Uint8Array(64)), 34],
  ['a signature of ones', id, withBytes(() => Buffer.concat([MAX, MAX]))],
  [
    'a signature in DER',
    id,
    forged({}, (input, { key }) =>
      sign('sha256', Buffer.from(input), createPrivateKey({ key: { ...key }, format: 'jwk' })),
    ),
    34,
  ],
  ['a signature in DER of two zeros', id, withBytes(() => Buffer.from('3006020100020100', 'hex'))],
  [
    'a bit of the signature flipped',
    id,
    withBytes(([first = 0, ...rest]) => Buffer.of(first ^ 1, ...rest)),
  ],
]

const numbers: TokenCase[] = [
  ['r = 0', id, withNumbers((_r, s) => [0n, s])],
  ['s = 0', id, withNumbers((r) => [r, 0n])],
  ['r = n', id, withNumbers((_r, s) => [N, s])],
  ['s = n', id, withNumbers((r) => [r, N])],
  ['r = 0 and s = n', id, withNumbers(() => [0n, N])],
  ['r = n and s = n', id, withNumbers(() => [N, N])],
  ['r = s = 1', id, withNumbers(() => [1n, 1n])],
  ['r = n + 1', id, withNumbers((_r, s) => [N + 1n, s])],
  ['r and s the other way round', id, withNumbers((r, s) => [s, r])],
  ['−r in place of r', id, withNumbers((r, s) => [N - r, s])],
  // Two signatures fit every message, and both are good: revocation therefore goes by jti, never by text.
  ['−s in place of s', 'accepted', withNumbers((r, s) => [r, N - s])],
]

const borrowed: TokenCase[] = [
  ['a stranger’s key under our kid', id, minted({ signer: 'stranger' })],
  [
    'the signature of another token of ours',
    id,
    async ({ mint }) => {
      const [one, other] = await Promise.all([mint.mint(), mint.mint({ sub: 'bob' })])
      return `${one.slice(0, one.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`
    },
  ],
  [
    'the header of another token of ours',
    id,
    rewritten(({ header, payload, signature }) => {
      const spaced = Buffer.from(header, 'base64url').toString().replaceAll(',', ', ')
      return `${segment(spaced)}.${payload}.${signature}`
    }),
  ],
  [
    'other claims under the signature',
    id,
    rewritten(({ header, payload, signature }) => {
      const claims = Buffer.from(payload, 'base64url').toString().replace('"alice"', '"admin"')
      return `${header}.${segment(claims)}.${signature}`
    }),
  ],
]

export const signatures: readonly TokenCase[] = [...shapes, ...numbers, ...borrowed]
