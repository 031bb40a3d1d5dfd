/** Mistakes in how a token was sent, or in what was put in its place. */
import { closest } from '../../lib/closest.ts'
import { NOT_A_SCHEME, ONE_WORD } from '../../lib/http-auth.ts'
import type { CredentialSlip } from '../../lib/slips.ts'
import { listed } from '../words.ts'
import type { Classic, Remark } from './view.ts'

const RIGHT = 'Authorization: Bearer <token>'

const EMPTY_VARIABLE =
  'Look where the token comes from: the variable was empty, or was not replaced, when the header was written.'

const slips: Readonly<Record<CredentialSlip, Remark>> = {
  'scheme twice': {
    says: 'The scheme stands there twice, as in "Bearer Bearer <token>".',
    fix: `Write the scheme once: ${RIGHT}. Often a library adds "Bearer" to a value that has it already.`,
  },
  quotes: {
    says: 'There are quotes around the token, and they were sent along.',
    fix: `Send the token without quotes: ${RIGHT}. Often a JSON value was copied with them (jq -r prints it without).`,
  },
  ellipsis: {
    says: 'The token ends in dots: it was shortened by whatever showed it.',
    fix: 'Copy the whole token from the token response, not from a log or a page that shortens it.',
  },
  'white space': {
    says: 'There is white space inside the token: a terminal or an editor broke the line, or something follows it.',
    fix: 'Send the token in one piece, with nothing behind it.',
  },
  colon: {
    says: 'There is a colon after the scheme, where a space belongs.',
    fix: `Write it so: ${RIGHT}.`,
  },
  placeholder: {
    says: 'A placeholder was sent in the place of the token.',
    fix: EMPTY_VARIABLE,
  },
  cut: {
    says: 'The token begins like a JWT and ends in its first part: it was cut.',
    fix: 'Copy the whole token: three parts with two dots between them.',
  },
}

/** What people write for Bearer without mistyping it. */
const OTHER_NAMES = ['token', 'jwt', 'oauth', 'oauth2', 'access_token', 'apikey', 'api-key', 'key']

const KNOWN = ['Bearer', 'DPoP']

export const credentialClassics: readonly Classic[] = [
  {
    on: ['credentials syntax', 'one set of credentials'],
    look({ facts: { authorization } }) {
      const slip = authorization?.lines[0]?.slip
      return slip && slips[slip]
    },
  },
  {
    on: ['structure', 'active'],
    look({ facts: { structure } }) {
      return structure?.slip && slips[structure.slip]
    },
  },
  {
    on: ['known scheme'],
    look({ facts: { authorization } }) {
      const scheme = authorization?.lines[0]?.scheme
      if (scheme === undefined) return undefined
      const meant = OTHER_NAMES.includes(scheme) ? 'Bearer' : closest(scheme, KNOWN)
      if (meant !== undefined) {
        return {
          says: `The scheme is "${scheme}", which was probably meant to be ${meant}.`,
          fix: `Write it so: Authorization: ${meant} <token>.`,
        }
      }
      if (scheme === NOT_A_SCHEME || scheme === ONE_WORD) {
        return {
          says: 'The header begins with the token: the scheme before it is missing.',
          fix: `Write the scheme and a space before the token: ${RIGHT}.`,
        }
      }
      if (scheme !== 'basic' && scheme !== 'digest') return undefined
      return {
        says: `${scheme === 'basic' ? 'Basic' : 'Digest'} is for a user name and a password; this API takes access tokens.`,
        fix: 'Get an access token first, with the user name and password of the client at the token endpoint, or by signing a person in.',
      }
    },
  },
  {
    on: ['credentials syntax'],
    look({ facts: { authorization } }) {
      if (authorization?.lines[0]?.shape !== 'no scheme') return undefined
      return {
        says: 'The header begins with the token: the scheme before it is missing.',
        fix: `Write the scheme and a space before the token: ${RIGHT}.`,
      }
    },
  },
  {
    on: ['credentials present'],
    look({ facts: { authorization, elsewhere }, proxied = false }) {
      const fields = authorization?.proxied ?? []
      if (elsewhere?.query === true || elsewhere?.body === 'refused') return undefined
      if (fields.length === 0 && !proxied) return undefined
      const how = fields.length > 0 ? ` (it has ${listed(fields)})` : ''
      return {
        says: `The request came through a proxy${how} and has no Authorization header. If the client sent one, the proxy kept it.`,
        fix: 'Call the server directly to compare. In nginx: proxy_set_header Authorization $http_authorization. In Apache with CGI or FastCGI: CGIPassAuth On. After a redirect to another host, clients drop the header by themselves.',
      }
    },
  },
]
