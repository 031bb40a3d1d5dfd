/** Basic (RFC 7617) and Digest (RFC 7616): challenge and answer as HTTP knew them before there were tokens. */
import { createHash, randomBytes } from 'node:crypto'
import { challenges, whole } from '../kit/look.ts'
import type { Lesson } from '../kit/stage.ts'

const NAME = 'bob'
const PASSWORD = 'builder'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const basicAndDigest: Lesson = {
  name: 'basic-and-digest',
  about: 'The password itself, or a hash that only its holder can make: the first two schemes.',
  person: 'nobody',

  async run({ issuer, show, call }) {
    const basic = `${issuer}/challenge/basic`
    const digest = `${issuer}/challenge/digest`
    const basicOf = (password: string) => ({
      headers: { authorization: `Basic ${Buffer.from(`${NAME}:${password}`).toString('base64')}` },
    })

    show.chapter('Basic')
    await call(basic, {
      title: 'Call without a password',
      status: 401,
      show: ['www-authenticate'],
      check: challenges('Basic realm='),
      says: 'The challenge names the scheme, the realm and how to spell what is not ASCII. A browser asks for a password now.',
      spec: 'RFC 7617 §2, §2.1',
    })
    await call(
      basic,
      {
        title: 'Call with the wrong one',
        status: 401,
        show: ['www-authenticate'],
        says: 'The same challenge again: Basic has no error code, and does not tell a wrong name from a wrong password.',
        spec: 'RFC 7617 §2, RFC 9110 §15.5.2',
      },
      basicOf('guessed'),
    )
    await call(
      basic,
      {
        title: 'Call with the right one',
        status: 200,
        body: whole,
        says: 'Base64 hides nothing: the password goes over the wire with each call. Only with TLS, or on loopback.',
        spec: 'RFC 7617 §4',
      },
      basicOf(PASSWORD),
    )

    show.chapter('Digest')
    const asked = await call(digest, {
      title: 'Call without anything',
      status: 401,
      show: ['www-authenticate'],
      check: challenges('algorithm=SHA-256'),
      says: 'The nonce is the server’s part of the answer; qop=auth wants the method and the address in it too.',
      spec: 'RFC 7616 §3.3',
    })
    const challenge = asked.headers.get('www-authenticate') ?? ''
    const answer = (nc: string, password = PASSWORD) => digestAnswer(challenge, nc, password)
    const first = { headers: { authorization: answer('00000001') } }
    await call(
      digest,
      {
        title: 'Answer with the digest',
        status: 200,
        show: ['authentication-info'],
        body: whole,
        says: 'The password stayed at home. rspauth proves that the server knows it too.',
        spec: 'RFC 7616 §3.4.1, §3.5',
      },
      first,
    )
    await call(
      digest,
      {
        title: 'Send the same answer again',
        status: 401,
        show: ['www-authenticate'],
        check: challenges('stale=true'),
        says: 'Each count of a nonce is good once. stale=true: the digest was right, so take the new nonce and do not ask the person.',
        spec: 'RFC 7616 §3.3, §5.5',
      },
      first,
    )
    await call(
      digest,
      {
        title: 'Answer with the next count',
        status: 200,
        body: whole,
        says: 'The nonce lives on, the count goes up.',
        spec: 'RFC 7616 §3.4',
      },
      { headers: { authorization: answer('00000002') } },
    )
  },
}

/** RFC 7616 §3.4.1: H(A1), the nonce and the counts, and H(A2), hashed together. */
function digestAnswer(challenge: string, nc: string, password: string): string {
  const given = (name: string) => new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
  const [realm, nonce, opaque] = [given('realm'), given('nonce'), given('opaque')]
  const uri = '/challenge/digest'
  const cnonce = randomBytes(12).toString('base64url')
  const a1 = sha256(`${NAME}:${realm}:${password}`)
  const a2 = sha256(`GET:${uri}`)
  const response = sha256(`${a1}:${nonce}:${nc}:${cnonce}:auth:${a2}`)
  return (
    `Digest username="${NAME}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `algorithm=SHA-256, response="${response}", opaque="${opaque}", qop=auth, nc=${nc}, cnonce="${cnonce}"`
  )
}
