/** Hostile input 1–12: how a token is sent (RFC 6750 §2.1, RFC 9110 §11.4, RFC 9112 §5). */
import type { Bench } from './bench.ts'
import { accepted, atTheEdge, invalidRequest, invitation } from './input.ts'
import type { HostileRequest, Input } from './input.ts'

const incomplete = invalidRequest(
  'scheme-without-credentials',
  'The Authorization header has a scheme but no credentials',
)
const malformed = invalidRequest(
  'credentials-malformed',
  'The token contains characters that are not allowed',
)
const several = invalidRequest(
  'multiple-authorization',
  'Multiple methods used to include access token',
)
const unsupported = invitation(
  'unsupported-scheme',
  'The authentication scheme is not supported here',
)
const anonymous = invitation('no-credentials', 'The request carries no credentials')
const notHttp = atTheEdge(400, 'malformed-http', 'The request breaks the grammar of HTTP')

/** `T` stands for a good token. */
const whoami =
  (...fields: string[]) =>
  async ({ mint }: Bench): Promise<HostileRequest> => {
    const token = await mint.mint()
    return {
      line: 'GET /api/whoami',
      fields: fields.map((field) => field.replaceAll(/\bT\b/g, token)),
      traces: ['attacker', 'a"b', 'b\\c', 'X-Injected'],
    }
  }

const one = (value: string) => whoami(`Authorization: ${value}`)

export const credentials: readonly Input[] = [
  { number: 1, what: 'Bearer and nothing behind it', request: one('Bearer'), answer: incomplete },
  { number: 1, what: 'Bearer and a space', request: one('Bearer '), answer: incomplete },
  { number: 2, what: 'the scheme in small letters', request: one('bearer T'), answer: accepted },
  { number: 2, what: 'the scheme in capitals', request: one('BEARER T'), answer: accepted },
  { number: 3, what: 'two spaces before the token', request: one('Bearer  T'), answer: accepted },
  { number: 4, what: 'a tab before the token', request: one('Bearer\tT'), answer: malformed },
  { number: 4, what: 'a space and a tab', request: one('Bearer \tT'), answer: malformed },
  { number: 5, what: 'a word behind the token', request: one('Bearer T x'), answer: malformed },
  { number: 5, what: 'the token twice', request: one('Bearer T T'), answer: malformed },
  {
    number: 6,
    what: 'a good line and a bad one',
    request: whoami('Authorization: Bearer T', 'Authorization: Bearer bad'),
    answer: several,
  },
  {
    number: 6,
    what: 'a bad line and a good one',
    request: whoami('Authorization: Bearer bad', 'authorization: Bearer T'),
    answer: several,
  },
  {
    number: 6,
    what: 'a good line and one of another scheme',
    request: whoami('Authorization: Bearer T', 'AUTHORIZATION: Basic YTpi'),
    answer: several,
  },
  {
    number: 7,
    what: 'two lines that were joined',
    request: one('Bearer T, Bearer T'),
    answer: several,
  },
  { number: 7, what: 'two tokens in one line', request: one('Bearer T, T'), answer: malformed },
  {
    number: 8,
    what: 'a scheme that begins as ours',
    request: one('Bearerx T'),
    answer: unsupported,
  },
  {
    number: 9,
    what: 'a token of 8 kB',
    async request({ mint }) {
      const token = await mint.mint({ claims: { x: 'x'.repeat(6_000) } })
      return { line: 'GET /api/whoami', fields: [`Authorization: Bearer ${token}`] }
    },
    answer: accepted,
  },
  {
    number: 9,
    what: 'a token of 64 kB',
    request: one(`Bearer ${'a'.repeat(65_536)}`),
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
    number: 10,
    what: 'quotes and a backslash',
    request: one(String.raw`Bearer a"b\c`),
    answer: malformed,
  },
  {
    number: 10,
    what: 'a line end and a field behind it',
    request: one('Bearer attacker\r\nX-Injected : 1'),
    answer: notHttp,
  },
  {
    number: 10,
    what: 'half a line end',
    request: one('Bearer attacker\rX-Injected: 1'),
    answer: notHttp,
  },
  {
    number: 10,
    what: 'the other half',
    request: one('Bearer attacker\nX-Injected: 1'),
    answer: notHttp,
  },
  { number: 10, what: 'a NUL', request: one('Bearer attacker\0'), answer: notHttp },
  { number: 10, what: 'a control character', request: one('Bearer attacker\x01'), answer: notHttp },
  { number: 11, what: 'UTF-8 in the token', request: one('Bearer \xC3\xA9'), answer: malformed },
  { number: 11, what: 'UTF-8 in the scheme', request: one('B\xC3\xA9arer T'), answer: unsupported },
  {
    number: 11,
    what: 'bytes that are no UTF-8',
    request: one('Bearer \xFF\xFE'),
    answer: malformed,
  },
  {
    number: 12,
    what: 'forwarding and a certificate made up by a stranger',
    request: whoami(
      'X-Forwarded-Host: attacker.example',
      'X-Forwarded-Proto: https',
      'X_Forwarded_Proto: https',
      'Forwarded: host=attacker.example;proto=https',
      'X-Client-Cert: MIIB',
      'X-Original-URL: /attacker',
    ),
    answer: anonymous,
  },
  {
    number: 12,
    what: 'forwarding made up beside a good token',
    request: whoami('Authorization: Bearer T', 'X-Forwarded-Host: attacker.example'),
    answer: accepted,
  },
]
