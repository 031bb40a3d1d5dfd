/** Tells apps that a person signed out (OpenID Connect Back-Channel Logout 1.0), in the background and more than once. */
import { setTimeout } from 'node:timers/promises'
import type { Client, Provider as EngineProvider } from 'oidc-provider'
import type { LogoutDeliveries, LogoutDelivery } from '../db/logout-deliveries.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../web/log.ts'
import { Provider } from './engine.ts'

/** An app that a session was used for, and what it knows the session by. */
export type SignedOutApp = { clientId: string; sid?: string | undefined }

export type Backchannel = {
  /**
   * Resolves when it is written down who is to be told, and waits for no app; never rejects. Apps that registered no
   * `backchannel_logout_uri` are passed over.
   */
  tell(sub: string, apps: readonly SignedOutApp[]): Promise<void>
  /** Takes up what is still to be tried, now and from time to time: of this server's past, or of one that died. */
  start(): void
  /** Lets what is being sent come to an end; what would be tried again is left for the next start. */
  close(): Promise<void>
}

/** Waits so many milliseconds; rejects when the signal says that there is nothing to wait for any more. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>

/** After a try that failed, milliseconds; then it is given up. */
const PAUSES = [1_000, 5_000, 25_000, 125_000]

/** An app that does not answer must not fill the memory: the rest waits in the database. */
const MOST_AT_ONCE = 1_000

/** Between two looks for what nobody is trying. Milliseconds. */
const ROUND = 60_000

// The engine's types leave it out.
type Teller = Client & {
  backchannelLogout: (this: Client, sub: string, sid?: string) => Promise<void>
}

const waitInBackground: Wait = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, { signal, ref: false })

export function createBackchannel(parts: {
  provider: EngineProvider
  deliveries: LogoutDeliveries
  /** Logout tokens are signed here, outside of any request. */
  followKeys: () => Promise<void>
  clock: Clock
  log: Pick<Log, 'info' | 'warn' | 'error'>
  wait?: Wait | undefined
}): Backchannel {
  const { provider, deliveries, followKeys, clock, log, wait = waitInBackground } = parts
  const stopping = new AbortController()
  /** By the id of the delivery. */
  const running = new Map<string, Promise<void>>()
  const prototype = provider.Client.prototype as Teller
  const send = prototype.backchannelLogout
  let looking: Promise<void> = Promise.resolve()
  let rounds: NodeJS.Timeout | undefined

  // The engine calls this in the middle of a sign-out, waits for it and tries once. It also calls it for the app that
  // asked for a sign-out which the person did not want.
  prototype.backchannelLogout = async function tellLater(sub, sid) {
    if (Provider.ctx?.oidc.params?.['logout']) await tell(sub, [{ clientId: this.clientId, sid }])
  }

  async function tell(sub: string, apps: readonly SignedOutApp[]): Promise<void> {
    const byClient = Map.groupBy(apps, ({ clientId }) => clientId)
    await Promise.all(
      [...byClient].map(([clientId, sessions]) =>
        tellApp(clientId, sub, sessions).catch((error: unknown) =>
          log.error({ clientId, reason: reasonOf(error) }, 'logout token not sent'),
        ),
      ),
    )
  }

  async function tellApp(
    clientId: string,
    sub: string,
    sessions: readonly SignedOutApp[],
  ): Promise<void> {
    const client = await provider.Client.find(clientId)
    if (!client?.backchannelLogoutUri) return
    // An app that does not tell sessions apart ends all that it has for this person.
    const sids = client.backchannelLogoutSessionRequired ? sessions.map(({ sid }) => sid) : [null]
    for (const sid of sids) follow(await deliveries.add({ clientId, sub, sid: sid ?? null }))
  }

  /** In the background, until it is delivered, given up, or in another process's hands. */
  function follow(delivery: LogoutDelivery): void {
    const { id, clientId } = delivery
    if (running.has(id) || running.size >= MOST_AT_ONCE || stopping.signal.aborted) return
    const task = tryUntilOver(delivery)
      .catch((error: unknown) =>
        log.error({ clientId, reason: reasonOf(error) }, 'logout token not sent'),
      )
      .finally(() => running.delete(id))
    running.set(id, task)
  }

  async function tryUntilOver(first: LogoutDelivery): Promise<void> {
    const early = (first.nextAt?.getTime() ?? 0) - clock.now()
    if (early > 0 && !(await waited(early))) return
    for (let next: LogoutDelivery | undefined = first; next;) next = await tryOnce(next)
  }

  /** Undefined when nothing is left to do here. */
  async function tryOnce(delivery: LogoutDelivery): Promise<LogoutDelivery | undefined> {
    if (!(await deliveries.claim(delivery))) return undefined
    const about = { clientId: delivery.clientId, attempt: delivery.attempts + 1 }
    const failure = await failureOf(delivery)
    if (failure === undefined) {
      await deliveries.settle(delivery, {})
      log.info(about, 'logout token delivered')
      return undefined
    }
    const pause = failure === GONE ? undefined : PAUSES[delivery.attempts]
    const nextAt = pause === undefined ? undefined : new Date(clock.now() + pause)
    const after = await deliveries.settle(delivery, { failure, nextAt })
    const why = { ...about, reason: failure }
    if (pause === undefined) {
      log.error(why, 'logout token not delivered: given up')
      return undefined
    }
    log.warn({ ...why, seconds: pause / 1000 }, 'logout token not delivered: trying again')
    if (await waited(pause)) return after
    log.info(about, 'logout token not delivered yet: tried again after the next start')
    return undefined
  }

  /** One try, with a token of its own, as one lives for two minutes only. Undefined when it was taken. */
  async function failureOf({ clientId, sub, sid }: LogoutDelivery): Promise<string | undefined> {
    try {
      const client = (await provider.Client.find(clientId)) as Teller | undefined
      if (!client?.backchannelLogoutUri) return GONE
      await followKeys()
      await send.call(client, sub, sid ?? undefined)
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }

  /** False when the server stops first. */
  async function waited(milliseconds: number): Promise<boolean> {
    try {
      if (!stopping.signal.aborted) await wait(milliseconds, stopping.signal)
    } catch {
      return false
    }
    return !stopping.signal.aborted
  }

  async function takeUp(): Promise<void> {
    const room = MOST_AT_ONCE - running.size
    if (room > 0) for (const delivery of await deliveries.open(room)) follow(delivery)
  }

  function look(): void {
    looking = takeUp().catch((error: unknown) =>
      log.error({ reason: reasonOf(error) }, 'logout tokens not looked for'),
    )
  }

  return {
    tell,
    start() {
      look()
      rounds = setInterval(look, ROUND)
      rounds.unref()
    },
    async close() {
      stopping.abort()
      clearInterval(rounds)
      await looking
      while (running.size > 0) await Promise.all(running.values())
    },
  }
}

/** Removed, or not to be told any more. */
const GONE = 'the app is gone'

/** In words of our own: the address, and what answers there, are somebody else's. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { response } = error as { response?: { status?: number } }
  if (response?.status !== undefined) return `answered ${response.status}`
  const cause = error.cause as { code?: unknown } | undefined
  return typeof cause?.code === 'string' ? cause.code : error.name
}
