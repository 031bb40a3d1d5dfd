/** A token as data: how it is made, and what the API says to it. */
import { createHmac, createPrivateKey, sign } from 'node:crypto'
import type { TokenOptions } from '../../../src/lab/mint.ts'
import type { RefusalId } from '../../../src/refusals/catalogue.ts'
import type { WholeBench } from '../bench.ts'

export type TokenCase = readonly [
  what: string,
  outcome: RefusalId | 'accepted',
  token: MakeToken,
  /** Its place in the list of 55 adversarial inputs. */
  number?: number | undefined,
]

export type MakeToken = (bench: WholeBench) => string | Promise<string>

/** A token of the issuer with these options. */
export const minted =
  (options: TokenOptions | ((bench: WholeBench) => TokenOptions)): MakeToken =>
  (bench) =>
    bench.mint.mint(typeof options === 'function' ? options(bench) : options)

type Segments = Record<'token' | 'header' | 'payload' | 'signature', string>

/** A good token, changed after it was signed. */
export const rewritten =
  (change: (segments: Segments, bench: WholeBench) => string): MakeToken =>
  async (bench) => {
    const token = await bench.mint.mint()
    const [header = '', payload = '', signature = ''] = token.split('.')
    return change({ token, header, payload, signature }, bench)
  }

type Texts = Record<'header' | 'payload', string>

/** Text that no library would write, signed with the issuer's key. */
export const composed =
  (
    change: (texts: Texts, bench: WholeBench) => Partial<Record<keyof Texts, string | Uint8Array>>,
  ): MakeToken =>
  async (bench) => {
    const { header, payload } = await bench.mint.parts()
    const texts = { header: JSON.stringify(header), payload: JSON.stringify(payload) }
    const changed = { ...texts, ...change(texts, bench) }
    return bench.mint.compose({ ...changed, header: String(changed.header) })
  }

/** Good claims under another header, signed by whoever attacks. */
export const forged =
  (
    header: Readonly<Record<string, unknown>>,
    sign: (input: string, bench: WholeBench) => Buffer | Promise<Buffer>,
  ): MakeToken =>
  async (bench) => {
    const parts = await bench.mint.parts({ header })
    const input = `${segment(JSON.stringify(parts.header))}.${segment(JSON.stringify(parts.payload))}`
    return `${input}.${segment(await sign(input, bench))}`
  }

/** Segments as they stand, signed with the issuer's key as they stand. */
export function signedText(input: string, { key }: WholeBench): string {
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
  const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${segment(sign('sha256', Buffer.from(input), options))}`
}

/** An HMAC keyed with something everybody has. */
export const keyedWith =
  (hash: 'sha256' | 'sha384' | 'sha512', secret: (bench: WholeBench) => string | Uint8Array) =>
  (input: string, bench: WholeBench): Buffer =>
    createHmac(hash, secret(bench)).update(input).digest()

export const segment = (content: string | Uint8Array): string =>
  Buffer.from(content).toString('base64url')
