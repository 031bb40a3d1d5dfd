/** The lab: prepares a request for each refusal, sends it when asked, and tells whether the answer is the expected one. */
import type { Denylist } from '../db/denylist.ts'
import type { Clock } from '../lib/clock.ts'
import type { ProtectedResource } from '../resource/metadata.ts'
import type { Nonces } from '../resource/digest/nonces.ts'
import { breakageFor } from './breakages.ts'
import type { ProvokableId } from './breakages.ts'
import { partsOf, toBytes } from './request.ts'
import type { GoodRequest, Workshop } from './breakages/breakage.ts'
import type { Header, RequestParts } from './request.ts'
import { differences, expectedAnswer, shownAnswer } from './breakages/expected.ts'
import type { ExpectedAnswer } from './breakages/expected.ts'
import { curlFor } from './curl.ts'
import type { Faults } from './faults.ts'
import type { Mint } from './mint.ts'
import { send } from './send.ts'
import type { Answer } from './send.ts'
import type { Batch, Throwaways } from './throwaways.ts'
import { createWalk } from './walk.ts'

export type Provocation = {
  id: ProvokableId
  request: { method: string; url: string; headers: Header[]; body?: string }
  /** The same as a command for bash. */
  curl: string
  /** The same as it stands on the wire; one character is one byte. */
  raw: string
  /** Words in angle brackets stand for what only the server knows. */
  expected: ExpectedAnswer
}

export type Provoked = Provocation & {
  answer: { status: number; headers: [string, string][]; body: unknown }
  same: boolean
  /** What is not as expected, a sentence each. */
  differences: string[]
}

export type Lab = {
  /** What it needs is there for ten minutes. */
  prepare(id: ProvokableId): Promise<Provocation>
  /** Prepares it, sends it, and takes away what it needed. */
  provoke(id: ProvokableId): Promise<Provoked>
}

export type LabParts = {
  issuer: string
  clock: Clock
  /** Where this server listens. */
  port: number
  hosts: readonly string[]
  /** `<issuer>/api`. */
  resource: ProtectedResource
  mint: Mint
  denylist: Denylist
  throwaways: Throwaways
  faults: Faults
  digestNonces: Nonces
  /** The authorization server’s names for its cookies. */
  cookieName: (kind: 'session' | 'resume') => string
}

/** Milliseconds. Longer than the server waits for the rest of a request. */
const SLOW = 60_000

/** Seconds. Longer than any token that is denied here lives. */
const DENIED_FOR = 600

export function createLab(parts: LabParts): Lab {
  const { issuer, throwaways, faults, resource } = parts
  const { host } = new URL(issuer)
  const to = { port: parts.port, host: reachable(parts.hosts) }

  const exchange = (request: RequestParts, timeout?: number): Promise<Answer> =>
    send(toBytes(throughProxy(request, issuer)), {
      ...to,
      ...(timeout !== undefined && { timeout }),
    })

  async function goodRequest(batch: Batch): Promise<GoodRequest> {
    const { sub } = batch.person()
    const { denylist, clock } = parts
    const mint = inNameOfTheLab(parts.mint)
    const token = await mint.mint({ sub, scope: 'notes:read notes:write' })
    return {
      method: 'GET',
      target: '/api/notes',
      headers: [
        ['Host', host],
        ['Authorization', `Bearer ${token}`],
        ['Accept', 'application/json'],
      ],
      token,
      sub,
      issuer,
      mint,
      now: () => clock.seconds(),
      deny: (key, reason) => denylist.deny(key, reason, new Date(clock.now() + DENIED_FOR * 1000)),
      notes: { foreign: () => batch.note(), readOnly: () => batch.note([sub]) },
    }
  }

  async function prepareWith(batch: Batch, id: ProvokableId) {
    const breakage = breakageFor(id)
    const workshop: Workshop = {
      issuer,
      batch,
      walk: () =>
        createWalk({
          issuer,
          exchange,
          onInteraction: (uid) => batch.artifact('Interaction', uid),
          onCookie(name, value) {
            if (name === parts.cookieName('session')) batch.artifact('Session', value)
          },
        }),
      exchange,
      digestNonce: (secondsAgo) => parts.digestNonces.issue(parts.clock.now() - secondsAgo * 1000),
    }
    const broken = partsOf(await breakage.request(await goodRequest(batch), workshop))
    const request: RequestParts = breakage.faults
      ? { ...broken, headers: [...broken.headers, faults.order(breakage.faults)] }
      : broken
    const { method, target, headers, body } = request
    const provocation: Provocation = {
      id,
      request: {
        method,
        url: issuer + target,
        headers: [...headers],
        ...(body !== undefined && { body }),
      },
      curl: curlFor(request, issuer),
      raw: toBytes(request),
      expected: expectedAnswer(id, breakage, {
        issuer,
        doctor: true,
        resource,
        cookieName: parts.cookieName,
      }),
    }
    return { provocation, request, slow: breakage.slow ?? false }
  }

  return {
    async prepare(id) {
      const batch = throwaways.open()
      const { provocation } = await prepareWith(batch, id)
      return provocation
    },

    async provoke(id) {
      const batch = throwaways.open()
      try {
        const { provocation, request, slow } = await prepareWith(batch, id)
        const answer = await exchange(request, slow ? SLOW : undefined)
        const found = differences(provocation.expected, answer)
        return {
          ...provocation,
          answer: shownAnswer(answer),
          same: found.length === 0,
          differences: found,
        }
      } finally {
        await batch.remove()
      }
    },
  }
}

/** The tokens of breakages are no registered client’s, which could have been removed. */
const inNameOfTheLab = (mint: Mint): Mint => ({
  ...mint,
  mint: (options) => mint.mint({ clientId: 'lab', ...options }),
  parts: (options) => mint.parts({ clientId: 'lab', ...options }),
})

/** An address of this machine that leads to the server. */
function reachable(hosts: readonly string[]): string {
  const [first = '127.0.0.1'] = hosts
  if (hosts.includes('127.0.0.1') || first === '0.0.0.0') return '127.0.0.1'
  return first === '::' ? '::1' : first
}

/** With an https issuer there is a proxy in front, whose part the lab plays here; it counts where such a one is trusted. */
const throughProxy = (request: RequestParts, issuer: string): RequestParts =>
  issuer.startsWith('https:')
    ? { ...request, headers: [...request.headers, ['X-Forwarded-Proto', 'https']] }
    : request
