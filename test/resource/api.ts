/** The protected APIs alone, with a key of their own and ports that can be made to fail: no authorization server. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import Router from '@koa/router'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import type { JSONWebKeySet, JWK } from 'jose'
import type { Database } from '../../src/db/client.ts'
import { createOnce } from '../../src/db/once.ts'
import { isOutage } from '../../src/db/outage.ts'
import { createThrottle } from '../../src/db/throttle.ts'
import { MAX_ACCESS_TOKEN_LIFE } from '../../src/directory/resources.ts'
import type { Fault } from '../../src/lab/breakages/breakage.ts'
import { createMint } from '../../src/lab/mint.ts'
import type { Mint, TokenOptions } from '../../src/lab/mint.ts'
import { proofFor } from '../../src/lab/proof.ts'
import type { ProofKey, ProofOptions } from '../../src/lab/proof.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import type { FixedClock } from '../../src/lib/clock.ts'
import { respondToRefusals } from '../../src/refusals/respond.ts'
import { createGuard } from '../../src/resource/guard.ts'
import type { Ports, RefusedFacts } from '../../src/resource/guard.ts'
import { registerLedger } from '../../src/resource/ledger.ts'
import { registerLimited } from '../../src/resource/limited.ts'
import { protectedResource, registerMetadata } from '../../src/resource/metadata.ts'
import type { ProtectedResource } from '../../src/resource/metadata.ts'
import { createNonces } from '../../src/resource/nonces.ts'
import type { Nonces } from '../../src/resource/nonces.ts'
import { registerNotes } from '../../src/resource/notes.ts'
import { hideUnknown } from '../../src/resource/representation.ts'
import { registerTransfers } from '../../src/resource/transfers.ts'
import { registerWhoami } from '../../src/resource/whoami.ts'
import { cors } from '../../src/web/cors.ts'
import { refuseForeignForms } from '../../src/web/form-origin.ts'
import { createHttpServer } from '../../src/web/http-edge.ts'
import type { HttpServerOptions } from '../../src/web/http-edge.ts'
import { guardHttpEdge, identifyRequests } from '../../src/web/http-edge/guard.ts'
import { openedDatabase } from '../helpers/database.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import type { RawResponse } from '../helpers/raw-http.ts'

export type Api = {
  port: number
  issuer: string
  clock: FixedClock
  db: Database
  mint: Mint
  /** What the ports say; a test may change any of it. */
  world: World
  /** What the guard reported, in order. */
  refused: RefusedFacts[]
  resources: Record<'api' | 'ledger', ProtectedResource>
  /** `lines` follow `Host`; `Connection: close` is added. */
  send(requestLine: string, lines?: readonly string[], body?: string): Promise<RawResponse>
  /** `GET /api/whoami` with these field lines. */
  whoami(...lines: string[]): Promise<RawResponse>
  bearer(options?: TokenOptions): Promise<string>
  /** A token bound to this key. */
  boundTo(key: ProofKey, options?: TokenOptions): Promise<string>
  /** The lines of a call with the scheme DPoP: `GET /api/whoami`, unless told. */
  dpop(options: DpopCall): string[]
  nonces: Nonces
}

export type DpopCall = Partial<ProofOptions> & { key: ProofKey; token: string; path?: string }

export type World = {
  faults: Set<Fault>
  keys: JSONWebKeySet
  keyFetches: number
  denied: Map<string, string>
  /** By token. */
  introspection: Map<string, unknown>
}

const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
export const signingKey: JWK = { ...privateKey.export({ format: 'jwk' }), kid: 'es-1' }
export const publicKey: JWK = {
  ...createPublicKey(privateKey).export({ format: 'jwk' }),
  kid: 'es-1',
  alg: 'ES256',
  use: 'sig',
}

/** When the clock of a test stands still, unless it is moved. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

type Options = Partial<Ports> & { timeouts?: HttpServerOptions['timeouts'] }

export async function startApi(
  t: ExecutionContext,
  { timeouts, ...ports }: Options = {},
): Promise<Api> {
  const clock = fixedClock(NOW)
  const { db } = await openedDatabase(t)
  await seed(db, clock)
  let handler: RequestListener = () => undefined
  const server = createHttpServer((req, res) => handler(req, res), {
    issuer: () => issuer,
    clock,
    doctor: true,
    report: () => undefined,
    ...(timeouts && { timeouts }),
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  const issuer = `http://localhost:${port}`

  const world: World = {
    faults: new Set(),
    keys: { keys: [publicKey] },
    keyFetches: 0,
    denied: new Map(),
    introspection: new Map(),
  }
  const refused: RefusedFacts[] = []
  const nonces = createNonces({ key: Buffer.alloc(32, 'n'), clock })
  const guard = createGuard({
    ...portsOf(world),
    clock,
    issuer,
    leeway: 0,
    maxLife: MAX_ACCESS_TOKEN_LIFE,
    once: createOnce({ db, clock }),
    nonces,
    nonceRequired: false,
    report: (entry) => refused.push(entry),
    ...ports,
  })
  const resources = resourcesOf(issuer)
  const router = new Router({ sensitive: true, strict: true })
  const { api, ledger } = resources
  registerMetadata(router, { issuer, resource: api, bearerMethods: ['header', 'body'] })
  registerMetadata(router, { issuer, resource: ledger, bearerMethods: ['header'] })
  registerWhoami(router, { guard, resource: api })
  registerNotes(router, { db, clock, guard, resource: api })
  registerTransfers(router, { db, clock, guard, resource: api })
  registerLimited(router, { guard, resource: api, throttle: createThrottle({ db, clock }) })
  registerLedger(router, { db, guard, resource: ledger })

  const app = new Koa()
  app.use(identifyRequests())
  app.use(
    respondToRefusals({
      issuer,
      doctor: true,
      refusalFor: (error) => (isOutage(error) ? 'auth-backend-down' : undefined),
    }),
  )
  app.use(guardHttpEdge({ issuer, port: () => port, allowedHosts: [], trustProxy: [] }))
  app.use(cors({ profile: 'local' }))
  app.use((_ctx, next) => {
    if (world.faults.has('unexpected error')) throw new Error('nobody expected this')
    return next()
  })
  app.use(router.routes())
  app.use(hideUnknown({ guard, resource: api }))
  app.use(hideUnknown({ guard, resource: ledger }))
  app.use(refuseForeignForms({ issuer }))
  const callback = app.callback()
  handler = (req, res) => void callback(req, res)

  const mint = createMint({ keys: () => signingKey, issuer, clock })
  const send: Api['send'] = (requestLine, lines = [], body) => {
    const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
    const fields = [`Host: localhost:${port}`, ...lines, ...length, 'Connection: close']
    return sendRaw(port, Buffer.from(requestOf([`${requestLine} HTTP/1.1`, ...fields], body)))
  }
  return {
    port,
    issuer,
    clock,
    db,
    mint,
    world,
    refused,
    resources,
    send,
    whoami: (...lines) => send('GET /api/whoami', lines),
    bearer: async (options) => `Authorization: Bearer ${await mint.mint(options)}`,
    boundTo: ({ thumbprint }, options) => mint.mint({ cnf: { jkt: thumbprint }, ...options }),
    dpop({ token, path = '/api/whoami', ...options }) {
      const url = `${issuer}${path}`
      const proof = proofFor({ method: 'GET', url, token, iat: clock.seconds(), ...options })
      return [`Authorization: DPoP ${token}`, `DPoP: ${proof}`]
    },
    nonces,
  }
}

/** What a server in trouble answers in place of its keys. */
const nonsense: unknown = { error: 'nonsense' }

function portsOf(world: World): Pick<Ports, 'keys' | 'introspect' | 'standing'> {
  return {
    async keys() {
      world.keyFetches++
      if (world.faults.has('keys out of reach')) throw new Error('out of reach')
      if (world.faults.has('keys unusable')) return nonsense as never
      return world.keys
    },
    async introspect(token) {
      if (world.faults.has('introspection out of reach')) throw new Error('out of reach')
      if (world.faults.has('introspection unusable')) return { error: 'invalid_client' }
      return world.introspection.get(token) ?? { active: false }
    },
    async standing(keys) {
      const key = keys.find((one) => world.denied.has(one))
      return key === undefined ? undefined : { key, reason: world.denied.get(key) ?? '' }
    },
  }
}

const resourcesOf = (issuer: string): Api['resources'] => ({
  api: protectedResource({
    identifier: `${issuer}/api`,
    name: 'Notes',
    scopes: {
      'notes:read': 'Read your notes',
      'notes:write': 'Write your notes',
      'transfers:write': 'Transfer money for you',
    },
    format: 'jwt',
    accessTokenTtl: 300,
  }),
  ledger: protectedResource({
    identifier: `${issuer}/ledger`,
    name: 'Ledger',
    scopes: { 'ledger:read': 'Read your ledger' },
    format: 'opaque',
    accessTokenTtl: 300,
  }),
})

async function seed(db: Database, clock: FixedClock): Promise<void> {
  const updatedAt = clock.date()
  const person = (sub: string) => ({ sub, login: sub, passwordHash: '', updatedAt })
  await db.account.createMany({ data: ['alice', 'bob', 'carol'].map(person) })
  const note = (id: string, owner: string, minutes: number) => ({
    id,
    owner,
    text: `The note ${id}`,
    createdAt: new Date(clock.now() + minutes * 60_000),
  })
  await db.note.createMany({
    data: [
      note('note-alice-1', 'alice', 1),
      note('note-alice-2', 'alice', 2),
      note('note-alice-shared', 'alice', 3),
      note('note-bob-1', 'bob', 4),
    ],
  })
  await db.noteShare.create({ data: { noteId: 'note-alice-shared', sub: 'bob' } })
  const entry = { owner: 'alice', currency: 'EUR', bookedAt: updatedAt }
  await db.ledgerEntry.createMany({
    data: [
      { ...entry, id: 'entry-1', text: 'Opening balance', amount: 10_000 },
      { ...entry, id: 'entry-2', text: 'Tea', amount: -450 },
      { ...entry, id: 'entry-3', text: 'Of somebody else', amount: 1, owner: 'bob' },
    ],
  })
}
