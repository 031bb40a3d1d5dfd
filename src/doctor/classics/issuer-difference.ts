/** In what one issuer differs from another: most often it is the same server under another name. */
import { trim } from '../../lib/trim.ts'
import { listed } from '../words.ts'
import type { Remark } from './view.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '0.0.0.0', 'host.docker.internal']

/** Undefined when they are the same. Compared are texts, as issuers are (RFC 9068 §4). */
export function issuerDifference(found: unknown, expected: string): Remark | undefined {
  if (found === expected) return undefined
  if (typeof found !== 'string') {
    return {
      says: 'The token names no issuer (iss).',
      fix: `Get the token from ${expected}.`,
    }
  }
  const differences = sameServerBut(found, expected)
  if (differences === undefined) {
    return {
      says: `The token comes from ${found.slice(0, 200)}, and this API trusts ${expected} alone.`,
      fix: `Get the token from ${expected}. Look which issuer the client is configured with.`,
    }
  }
  return {
    says: `The token names this server in another way: ${listed(differences)}. Issuers are compared letter for letter.`,
    fix: `Use ${expected} everywhere: in the client’s settings, and as ISSUER of the server that made the token.`,
  }
}

/** The differences between two names of one server; undefined when they name two. */
function sameServerBut(found: string, expected: string): string[] | undefined {
  const theirs = URL.parse(found)
  const ours = URL.parse(expected)
  if (!theirs || !ours) return undefined
  const differences: string[] = []
  if (theirs.protocol !== ours.protocol) {
    differences.push(`${schemeOf(theirs)} instead of ${schemeOf(ours)}`)
  }
  if (theirs.hostname !== ours.hostname) {
    const aliases = [theirs, ours].every(({ hostname }) => LOOPBACK.includes(hostname))
    if (!aliases) return undefined
    differences.push(`the host ${theirs.hostname} instead of ${ours.hostname}`)
  }
  if (theirs.port !== ours.port) {
    differences.push(`${portOf(theirs)} instead of ${portOf(ours)}`)
  }
  const path = ({ pathname }: URL) => trim(pathname, '', '/')
  if (path(theirs) !== path(ours) || theirs.search !== ours.search) return undefined
  const slash = (text: string) => text.endsWith('/')
  if (slash(found) !== slash(expected)) {
    differences.push(`${slash(found) ? 'a' : 'no'} slash at the end`)
  }
  return differences.length > 0 ? differences : ['another spelling']
}

const schemeOf = ({ protocol }: URL): string => protocol.slice(0, -1)

const portOf = ({ port }: URL): string => (port === '' ? 'no port' : `port ${port}`)
