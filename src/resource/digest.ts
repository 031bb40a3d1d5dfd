/** Digest (RFC 7616): `/challenge/digest`, and how the facts for its list of checks are gathered. */
import { randomBytes } from 'node:crypto'
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { GuessLimit } from '../db/guess-limit.ts'
import type { Once } from '../db/once.ts'
import type { Account, Accounts } from '../directory/accounts.ts'
import { PASSWORD_REALM } from '../directory/digest-secret.ts'
import type { Clock } from '../lib/clock.ts'
import { responseOf, rspauthOf, sha256 } from '../lib/digest-auth.ts'
import { equalInConstantTime, type Secrets } from '../lib/secrets.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Protection } from '../refusals/challenge.ts'
import { countAttempt } from './attempts.ts'
import { readAuthorization } from './credentials.ts'
import { digestChecks } from './digest/checks.ts'
import { parseDigest, type DigestCredentials } from './digest/credentials.ts'
import { noDigestFacts, type DigestFacts } from './digest/facts.ts'
import { createNonces, type Nonces } from './digest/nonces.ts'
import {
  createPasswordGuard,
  registerWhoCalled,
  type PasswordGuard,
  type Trial,
} from './password-guard.ts'

export type DigestPorts = {
  issuer: string
  clock: Clock
  secrets: Pick<Secrets, 'key' | 'mac'>
  accounts: Pick<Accounts, 'digestOf'>
  once: Pick<Once, 'useHigher'>
  guessLimit: GuessLimit
  report?: PasswordGuard<DigestFacts>['report']
}

export const DIGEST_PATH = '/challenge/digest'

/** Seconds from a challenge to the last answer with its nonce. */
export const NONCE_LIFE = 300

/** The response was right, so a new nonce is all that is missing (RFC 7616 §3.3). */
const STALE = new Set<RefusalId | undefined>(['digest-stale', 'digest-replay'])

/** Computed with where there is no person, so that it takes as long. */
const NOBODYS_SECRET = sha256(randomBytes(32).toString('hex'))

const WANTED = { realm: PASSWORD_REALM, nonceLife: NONCE_LIFE }

export function registerDigest(router: Router, ports: DigestPorts): void {
  const { report } = ports
  const nonces = createDigestNonces(ports)
  const opaque = digestOpaque(ports)
  const begin = (ctx: Context) => beginDigest(ctx, { ...ports, nonces, opaque })
  const guard = createPasswordGuard({ checks: digestChecks, begin, report })
  registerWhoCalled(router, { path: DIGEST_PATH, scheme: 'Digest', guard })
}

/** The nonces that this address takes. */
export const createDigestNonces = ({
  secrets,
  clock,
}: Pick<DigestPorts, 'secrets' | 'clock'>): Nonces =>
  createNonces({ key: secrets.key('digest-nonce'), clock })

/** Always the same; it tells an answer to us from one to another server. */
export const digestOpaque = ({
  secrets,
  issuer,
}: Pick<DigestPorts, 'secrets' | 'issuer'>): string => secrets.mac('digest-opaque', issuer)

type Parts = DigestPorts & { nonces: Nonces; opaque: string }

const NOTHING: DigestCredentials = {
  user: { login: '' },
  ...{ realm: '', nonce: '', opaque: '', uri: '', cnonce: '', nc: '', response: '' },
}

/** The part of a nonce's life after which the client is given the next one, and so is never told that it is stale. */
const RENEW_AFTER = 0.75

function beginDigest(ctx: Context, parts: Parts): Trial<DigestFacts> {
  const { issuer, clock, accounts, once, guessLimit, nonces, opaque } = parts
  let credentials = NOTHING
  let found: { account?: Account; secret?: string } = {}
  let response: DigestFacts['response']
  const issuedAt = () => nonces.issuedAt(credentials.nonce)

  return {
    facts: noDigestFacts(clock.now() / 1000, WANTED),
    protection: (id): Protection => ({
      realm: PASSWORD_REALM,
      schemes: ['Digest'],
      digest: { nonce: nonces.issue(), opaque, stale: STALE.has(id) },
    }),
    accept(ctx) {
      const { account, secret } = found
      if (!account || secret === undefined) throw new Error('The list passed without a person.')
      const spent = clock.now() - (issuedAt() ?? 0) > RENEW_AFTER * NONCE_LIFE * 1000
      const info = authenticationInfo(secret, credentials)
      ctx.set('Authentication-Info', spent ? `${info}, nextnonce="${nonces.issue()}"` : info)
      return account
    },
    gather: {
      authorization: () => readAuthorization(ctx.req.rawHeaders).facts,
      credentials() {
        // The only one, or an earlier check had failed.
        const parsed = parseDigest(ctx.req.headers.authorization ?? '')
        if (parsed.outcome === 'malformed') return parsed
        ;({ credentials } = parsed)
        const { user, realm, nc } = credentials
        return 'login' in user
          ? { outcome: 'parsed', user: user.login, named: 'by name', realm, nc }
          : { outcome: 'parsed', user: user.userhash, named: 'by hash', realm, nc }
      },
      uri: () => compareUri(ctx, credentials.uri, issuer),
      opaque: () => (equalInConstantTime(credentials.opaque, opaque) ? 'ours' : 'another'),
      nonce() {
        const at = issuedAt()
        return at === undefined ? { outcome: 'another' } : { outcome: 'ours', issuedAt: at / 1000 }
      },
      async attempts() {
        const { user } = credentials
        found = await accounts.digestOf(user)
        const { account, secret } = found
        // Who is named by a hash is the same person, and an unknown hash counts as an unknown name does.
        const name = account?.login ?? ('login' in user ? user.login : user.userhash)
        return countAttempt(guessLimit, { name, address: ctx.ip }, async () => {
          const expected = responseOf(secret ?? NOBODYS_SECRET, ctx.method, credentials)
          const isRight = equalInConstantTime(expected, credentials.response)
          response = isRight && secret !== undefined ? 'right' : 'wrong'
          return response === 'right' && account?.disabled === false
        })
      },
      person() {
        const { account, secret } = found
        if (!account) return 'unknown'
        if (secret === undefined) return 'without Digest'
        return account.disabled ? 'disabled' : 'known'
      },
      response: () => response,
      // The last of all, as it has an effect: nobody else can use up a person's counts.
      async count() {
        const { nonce, nc } = credentials
        const key = `digest:${nonce}`
        // Twice its life: another process that is to sweep may have a clock that is ahead.
        const end = new Date((issuedAt() ?? 0) + 2 * NONCE_LIFE * 1000)
        return (await once.useHigher(key, Number.parseInt(nc, 16), end)) ? 'higher' : 'used'
      },
    },
  }
}

/** RFC 7616 §3.4.6. A client that was told to use a proxy names the whole address. Queries are not kept. */
function compareUri(ctx: Context, uri: string, issuer: string): DigestFacts['uri'] {
  const target = ctx.originalUrl
  if (uri === target) return { outcome: 'same' }
  const hosts = [new URL(issuer).origin, `http://${hostSent(ctx)}`, `https://${hostSent(ctx)}`]
  if (hosts.some((host) => uri === host + target)) return { outcome: 'same' }
  const [expected, found] = [withoutQuery(target), withoutQuery(uri)]
  const isPath = expected !== found
  return { outcome: 'another', expected, found: isPath ? found.slice(0, 200) : 'another query' }
}

const withoutQuery = (target: string): string => target.replace(/\?.*$/s, '')

/** As the client spelled it; it was found to be one of ours before. */
function hostSent({ req: { rawHeaders } }: Context): string {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return rawHeaders[at + 1] ?? ''
}

/** RFC 7616 §3.5: that we know the secret too. The client's nonce was found to be safe to send back. */
function authenticationInfo(secret: string, credentials: DigestCredentials): string {
  const { cnonce, nc } = credentials
  return `qop=auth, rspauth="${rspauthOf(secret, credentials)}", cnonce="${cnonce}", nc=${nc}`
}
