/** Refusals of the two schemes with a user name and a password: Basic (RFC 7617) and Digest (RFC 7616); and of proxies. */
import type { Chapter, Row } from './row.ts'

const basic = { arises: 'api', status: 401, schemes: ['Basic'] } as const satisfies Partial<Row>
const digest = { arises: 'api', status: 401, schemes: ['Digest'] } as const satisfies Partial<Row>

export const passwords = {
  'basic-required': {
    ...basic,
    title: 'User name and password required',
    description: 'The request carries no Basic credentials',
    cause: 'There is no Authorization header with the scheme Basic.',
    fix: 'Send Authorization: Basic with the base64 of user:password in UTF-8, such as curl -u does.',
    client: 'ASK',
    person: 'User name and password, please.',
    spec: 'RFC 7617 §2, §2.1',
  },
  'basic-rejected': {
    ...basic,
    title: 'User name and password rejected',
    description: 'The user name and the password do not match',
    cause:
      'Nobody has this name, the password is another one, or the credentials are no base64 of name, colon and password in UTF-8. The answer does not tell which.',
    fix: 'Check name and password. Encode them as UTF-8, then as base64 with padding; the first colon ends the name.',
    client: 'ASK',
    person: 'That name and password do not match.',
    spec: 'RFC 7617 §2; RFC 9110 §11.4; RFC 4648 §4',
  },
  'digest-required': {
    ...digest,
    title: 'Digest credentials required',
    description: 'The request carries no Digest credentials',
    cause: 'There is no Authorization header with the scheme Digest.',
    fix: 'Answer the challenge with algorithm SHA-256 and qop=auth, such as curl --digest -u does.',
    client: 'ASK',
    person: 'User name and password, please.',
    spec: 'RFC 7616 §3.3, §3.7',
  },
  'digest-rejected': {
    ...digest,
    title: 'Digest rejected',
    description: 'The user name and the response do not match',
    cause:
      'Nobody has this name, the password is another one, the nonce is not one of this server, or it is an old one and the response is wrong for it. The answer does not tell which.',
    fix: 'Check name and password, and answer the newest challenge.',
    client: 'ASK',
    person: 'That name and password do not match.',
    spec: 'RFC 7616 §3.3, §3.4',
  },
  'digest-stale': {
    ...digest,
    title: 'Digest nonce too old',
    description: 'The nonce is too old; the response was right for it',
    cause: 'The nonce of the request has outlived its time. Name and password are right.',
    fix: 'Retry at once with the new nonce of the challenge, without asking the person.',
    client: 'NONCE',
    person: 'One moment: the app is signing in again.',
    spec: 'RFC 7616 §3.3, §3.5, §3.6',
  },
  'digest-replay': {
    ...digest,
    title: 'Digest used twice',
    description: 'The nonce count was used before',
    cause: 'A request with this nonce and this nonce count (nc), or a higher one, came before.',
    fix: 'Count nc up by one for every request with the same nonce, or answer the new challenge.',
    client: 'NONCE',
    person: 'One moment: the app is signing in again.',
    spec: 'RFC 7616 §3.4, §5.5',
  },
  'digest-malformed': {
    ...digest,
    status: 400,
    title: 'Malformed Digest',
    description: 'The Digest credentials lack a parameter or break its form',
    cause:
      'A parameter is missing or stands there twice, nc is not eight hexadecimal digits, both username and username* are there, or algorithm or qop is not the one that was offered.',
    fix: 'Answer with what the challenge offers: algorithm=SHA-256, qop=auth, nc, cnonce, uri, response, username, realm, nonce, opaque.',
    client: 'FIX',
    person: 'The app made a mistake signing in.',
    spec: 'RFC 7616 §3.4, §3.5',
  },
  'digest-uri-mismatch': {
    ...digest,
    status: 400,
    schemes: [],
    title: 'Digest for another address',
    description: 'The uri of the credentials is not the address of the request',
    cause:
      'The uri parameter names another address than the request line. A proxy that rewrites addresses looks like this, and so does somebody who copied the header.',
    fix: 'Put the target of the request line, with its query, into uri.',
    client: 'FIX',
    person: 'The app made a mistake signing in.',
    spec: 'RFC 7616 §3.4.6',
  },
  'proxy-auth-required': {
    arises: 'http',
    status: 407,
    schemes: [],
    headers: { 'Proxy-Authenticate': 'Basic realm="proxy"' },
    title: 'Proxy credentials required',
    description: 'The proxy asks for credentials of its own',
    cause: 'A proxy between the client and this server wants to know who uses it.',
    fix: 'Give the client the proxy’s user name and password; they go in Proxy-Authorization.',
    client: 'AUTH',
    person: 'Your network asks you to sign in first.',
    spec: 'RFC 9110 §15.5.8; RFC 9449 §7.1',
    reason: 'No proxy of ours stands between a client and this server.',
  },
} as const satisfies Chapter
