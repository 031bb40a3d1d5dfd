/** `/challenge/basic` and `/challenge/digest` alone, on a directory of their own and a clock that stands still. */
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import Router from '@koa/router'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import { createGuessLimit } from '../../src/db/guess-limit.ts'
import { createOnce } from '../../src/db/once.ts'
import { isOutage } from '../../src/db/outage.ts'
import { createThrottle } from '../../src/db/throttle.ts'
import type { Accounts } from '../../src/directory/accounts.ts'
import { respondToRefusals } from '../../src/refusals/respond.ts'
import { registerBasic } from '../../src/resource/basic.ts'
import { registerDigest } from '../../src/resource/digest.ts'
import type { RefusedPasswordFacts } from '../../src/resource/password-guard.ts'
import { createHttpServer } from '../../src/web/http-edge.ts'
import { guardHttpEdge, identifyRequests } from '../../src/web/http-edge/guard.ts'
import type { Directory } from '../directory/open.ts'
import { seeded } from '../directory/small-seed.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'

export type Passwords = Directory & {
  port: number
  issuer: string
  /** What was reported, in order. */
  refused: RefusedPasswordFacts[]
  /** Names whose password was looked at, in order. */
  verified: string[]
  /** `lines` follow `Host`; `Connection: close` is added. One character is one byte. */
  send(requestLine: string, ...lines: string[]): Promise<RawResponse>
}

/** With alice/wonderland and bob/builder of the small seed; carol/choir is disabled. */
export async function startPasswords(t: ExecutionContext): Promise<Passwords> {
  const directory = await seeded(t)
  const { db, clock, secrets, denylist } = directory
  let handler: RequestListener = () => undefined
  const server = createHttpServer((req, res) => handler(req, res), {
    issuer: () => issuer,
    clock,
    doctor: true,
    report: () => undefined,
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  const issuer = `http://localhost:${port}`

  const verified: string[] = []
  const accounts: Accounts = {
    ...directory.accounts,
    verify(login, password) {
      verified.push(login)
      return directory.accounts.verify(login, password)
    },
  }
  const refused: RefusedPasswordFacts[] = []
  const report = (entry: RefusedPasswordFacts) => refused.push(entry)
  const throttle = createThrottle({ db, clock })
  const guessLimit = createGuessLimit({ throttle, denylist, clock })
  const once = createOnce({ db, clock })
  const router = new Router({ sensitive: true, strict: true })
  registerBasic(router, { accounts, guessLimit, report })
  registerDigest(router, { issuer, clock, secrets, accounts, once, guessLimit, report })

  const app = new Koa()
  app.use(identifyRequests())
  const refusalFor = (error: unknown) => (isOutage(error) ? 'auth-backend-down' : undefined)
  app.use(respondToRefusals({ issuer, doctor: true, refusalFor }))
  app.use(guardHttpEdge({ issuer, port: () => port, allowedHosts: [], trustProxy: [] }))
  app.use(router.routes())
  const callback = app.callback()
  handler = (req, res) => void callback(req, res)

  return {
    ...directory,
    accounts,
    port,
    issuer,
    refused,
    verified,
    send(requestLine, ...lines) {
      const fields = [`Host: localhost:${port}`, ...lines, 'Connection: close']
      return sendRaw(port, requestOf([`${requestLine} HTTP/1.1`, ...fields]))
    },
  }
}
