/** Whatever is sent as a name and a password is read as it was meant, or refused; never a fault of ours. */
import fc from '../helpers/properties.ts'
import test from 'ava'
import { parseBasic } from '../../src/lib/basic-credentials.ts'
import { parseDigest } from '../../src/resource/digest/credentials.ts'
import { digestLine } from './digest-client.ts'
import { startPasswords } from './passwords.ts'

// eslint-disable-next-line no-control-regex
const CONTROL = /[\0-\x1F\x7F]/
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((one) => !CONTROL.test(one))
const name = text.filter((one) => !one.includes(':'))
/** Of the characters that Node lets through in a field value. */
const fieldValue = fc
  .array(fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f))
  .map((codes) => String.fromCharCode(...codes))

test('every name and password without control characters comes through Basic', (t) => {
  fc.assert(
    fc.property(name, text, (user, password) => {
      const encoded = Buffer.from(`${user}:${password}`).toString('base64')
      t.deepEqual(parseBasic(`Basic ${encoded}`), {
        outcome: 'parsed',
        credentials: { user: user.normalize('NFC'), password },
      })
    }),
  )
})

test('of all spellings of Basic credentials one is accepted', (t) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_ .'
  const any = fc.constantFrom('', ...Array.from(alphabet))
  fc.assert(
    fc.property(name, text, any, fc.nat(3), (user, password, other, fromEnd) => {
      const right = Buffer.from(`${user}:${password}`).toString('base64')
      const at = right.length - 1 - fromEnd
      const encoded = right.slice(0, at) + other + right.slice(at + 1)
      const { outcome } = parseBasic(`Basic ${encoded}`)
      const isCanonical = Buffer.from(encoded, 'base64').toString('base64') === encoded
      t.true(isCanonical || outcome === 'malformed', encoded)
    }),
    { numRuns: 2000 },
  )
})

test('every name comes through Digest, encoded or as bytes', (t) => {
  const offer = { nonce: 'n', opaque: 'o', realm: 'countersign' }
  const quoted = (user: string) =>
    `"${Buffer.from(user.replace(/["\\]/g, String.raw`\$&`)).toString('latin1')}"`
  const encoded = (user: string) =>
    encodeURIComponent(user).replace(/[*'()]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)
  const valueOf = (written: Record<string, string | undefined>) =>
    digestLine(offer, { written }).replace('Authorization: ', '')
  fc.assert(
    fc.property(
      text.filter((one) => one !== ''),
      (user) => {
        for (const written of [
          { username: quoted(user) },
          { username: undefined, 'username*': `UTF-8''${encoded(user)}` },
        ]) {
          const parsed = parseDigest(valueOf(written))
          t.like(parsed, {
            outcome: 'parsed',
            credentials: { user: { login: user.normalize('NFC') } },
          })
        }
      },
    ),
  )
})

test('what is read of Digest credentials can be sent back in a field value', (t) => {
  const loose = fc.oneof(fieldValue, fc.constantFrom('auth', 'SHA-256', '00000001', 'a'.repeat(64)))
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('cnonce', 'nc', 'username', 'uri'), loose),
      (some) => {
        const written = Object.fromEntries(
          Object.entries(some).map(([key, value]) => [key, `"${value}"`]),
        )
        const offer = { nonce: 'n', opaque: 'o', realm: 'r' }
        const parsed = parseDigest(digestLine(offer, { written }).replace('Authorization: ', ''))
        if (parsed.outcome === 'malformed') return
        t.regex(parsed.credentials.cnonce, /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/)
        t.regex(parsed.credentials.nc, /^[0-7][0-9a-f]{7}$/i)
      },
    ),
  )
})

test('no Authorization line is a fault of ours', async (t) => {
  const api = await startPasswords(t)
  const scheme = fc.constantFrom('Basic ', 'Digest ', 'Digest username="a", ', 'Bearer ', '')
  await fc.assert(
    fc.asyncProperty(scheme, fieldValue, fc.constantFrom('basic', 'digest'), async (s, v, path) => {
      const { status } = await api.send(`GET /challenge/${path}`, `Authorization: ${s}${v}`)
      t.true([400, 401, 429].includes(status), `${status} for ${s}${v}`)
    }),
    { numRuns: 200 },
  )
})
