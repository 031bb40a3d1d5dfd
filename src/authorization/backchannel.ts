/** Tells apps that a person signed out (OpenID Connect Back-Channel Logout 1.0), in the background and more than once. */
import { setTimeout } from 'node:timers/promises'
import type { Client, Provider as EngineProvider } from 'oidc-provider'
import type { Log } from '../web/log.ts'
import { Provider } from './engine.ts'

/** An app that a session was used for, and what it knows the session by. */
export type SignedOutApp = { clientId: string; sid?: string | undefined }

export type Backchannel = {
  /** Returns at once. Apps that registered no `backchannel_logout_uri` are passed over. */
  tell(sub: string, apps: readonly SignedOutApp[]): void
  /** Lets what is being sent come to an end, and gives up what would be tried again. */
  close(): Promise<void>
}

/** Waits so many milliseconds; rejects when the signal says that there is nothing to wait for any more. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>

/** After a try that failed, milliseconds; then it is given up. */
const PAUSES = [1_000, 5_000, 25_000, 125_000]

/** An app that does not answer must not fill the memory. */
const MOST_AT_ONCE = 1_000

// The engine's types leave it out.
type Teller = Client & {
  backchannelLogout: (this: Client, sub: string, sid?: string) => Promise<void>
}

const waitInBackground: Wait = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, { signal, ref: false })

export function createBackchannel(parts: {
  provider: EngineProvider
  /** Logout tokens are signed here, outside of any request. */
  followKeys: () => Promise<void>
  log: Pick<Log, 'info' | 'warn' | 'error'>
  wait?: Wait | undefined
}): Backchannel {
  const { provider, followKeys, log, wait = waitInBackground } = parts
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  const prototype = provider.Client.prototype as Teller
  const send = prototype.backchannelLogout

  // The engine calls this in the middle of a sign-out, waits for it and tries once. It also calls it for the app that
  // asked for a sign-out which the person did not want.
  prototype.backchannelLogout = async function tellLater(sub, sid) {
    if (Provider.ctx?.oidc.params?.['logout']) tell(sub, [{ clientId: this.clientId, sid }])
  }

  function tell(sub: string, apps: readonly SignedOutApp[]): void {
    for (const [clientId, sessions] of Map.groupBy(apps, (app) => app.clientId)) {
      inBackground(clientId, async () => {
        const client = await provider.Client.find(clientId)
        if (!client?.backchannelLogoutUri) return
        // An app that does not tell sessions apart ends all that it has for this person.
        const each = client.backchannelLogoutSessionRequired ? sessions : sessions.slice(0, 1)
        for (const { sid } of each) inBackground(clientId, () => deliver(clientId, sub, sid))
      })
    }
  }

  function inBackground(clientId: string, work: () => Promise<void>): void {
    if (running.size >= MOST_AT_ONCE) {
      log.error({ clientId }, 'logout token not sent: too many are under way')
      return
    }
    const task = work().catch((error: unknown) =>
      log.error({ clientId, reason: reasonOf(error) }, 'logout token not sent'),
    )
    running.add(task)
    void task.finally(() => running.delete(task))
  }

  /** Each try is with a token of its own, as one lives for two minutes only. */
  async function deliver(clientId: string, sub: string, sid: string | undefined): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const pause = PAUSES[attempt - 1]
      try {
        const client = (await provider.Client.find(clientId)) as Teller | undefined
        if (!client?.backchannelLogoutUri) return
        await followKeys()
        await send.call(client, sub, sid)
        log.info({ clientId, attempt }, 'logout token delivered')
        return
      } catch (error) {
        const about = { clientId, attempt, reason: reasonOf(error) }
        if (pause === undefined || stopping.signal.aborted) {
          log.error(about, 'logout token not delivered: given up')
          return
        }
        log.warn({ ...about, seconds: pause / 1000 }, 'logout token not delivered: trying again')
      }
      try {
        await wait(pause, stopping.signal)
      } catch {
        log.error({ clientId, attempt }, 'logout token not delivered: the server stops')
        return
      }
    }
  }

  return {
    tell,
    async close() {
      stopping.abort()
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/** In words of our own: the address, and what answers there, are somebody else's. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { response } = error as { response?: { status?: number } }
  if (response?.status !== undefined) return `answered ${response.status}`
  const cause = error.cause as { code?: unknown } | undefined
  return typeof cause?.code === 'string' ? cause.code : error.name
}
