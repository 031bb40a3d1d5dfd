/** `startServer`: settings → database → keys → app → listen. The one path for the command line, tests and embedders. */
import type { RequestListener } from 'node:http'
import type { DestinationStream } from 'pino'
import { createApp } from './app.ts'
import { createProvider, type AuthorizationServer } from './authorization/provider.ts'
import { openSigningKeys } from './authorization/keys.ts'
import { loadConfig, withPort, type Config } from './config.ts'
import { prepareDataDir, readMasterSecret } from './config/data-dir.ts'
import { createAgeing } from './db/ageing.ts'
import { openDatabase, type Database, type OpenedDatabase } from './db/client.ts'
import { createDenylist } from './db/denylist.ts'
import { createGuessLimit } from './db/guess-limit.ts'
import { DatabaseFault } from './db/database-fault.ts'
import { migrate } from './db/migrate.ts'
import { createOnce } from './db/once.ts'
import { createRevision } from './db/revision.ts'
import { createThrottle } from './db/throttle.ts'
import { createAccounts, type Accounts } from './directory/accounts.ts'
import { createJournal, type Journal } from './doctor/journal.ts'
import { createClients, type Clients } from './directory/clients.ts'
import { createPasswordHashing } from './directory/password-hashing.ts'
import { createResources } from './directory/resources.ts'
import { createSeed, type SeedReport } from './directory/seed.ts'
import { systemClock, type Clock } from './lib/clock.ts'
import { StartFault } from './lib/fault.ts'
import { catalogue } from './refusals/catalogue.ts'
import { createSecrets } from './lib/secrets.ts'
import { createLabGround } from './lab/open.ts'
import { closeServers } from './server/closing.ts'
import { listen, type Listening } from './server/listen.ts'
import { startUpkeep } from './server/upkeep.ts'
import { createHttpServer, type HttpServerOptions } from './web/http-edge.ts'
import { createLog } from './web/log.ts'

export type StartOptions = {
  /** Settings by the names of `.env.example`; everything has a default. */
  settings?: Readonly<Record<string, string | undefined>>
  /** Settings that were read and checked already; then `settings` is not looked at. */
  config?: Config
  /** What the protected API takes for the time. */
  clock?: Clock
  /** Where log lines go; standard output otherwise. */
  logDestination?: DestinationStream
  /** What keeps the refusals of the local profile; a new one unless given. */
  journal?: Journal
  /** scrypt's N for new password hashes; small for tests. */
  hashingCost?: number
  /** How the pause before another try is spent, of a message to an app; a timer unless given. Milliseconds. */
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** What a client is given for sending its request. */
  timeouts?: HttpServerOptions['timeouts']
}

export type CountersignServer = {
  issuer: string
  port: number
  config: Config
  /** What the seed file made, and which of its rows were changed by hand. */
  seed: SeedReport
  db: Database
  accounts: Accounts
  clients: Clients
  families: AuthorizationServer['families']
  /** An absolute URL for a path of this server. */
  url(path: string): string
  /** Stops accepting, lets requests in flight finish (8 s at most), closes the database. */
  close(): Promise<void>
}

/** Requests here are small, and whoever sends one slowly holds a connection for no good reason. Milliseconds. */
const TIMEOUTS = {
  headersTimeout: 15_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2_000,
}

/** Throws `StartFault` (or `ConfigFault`) with a sentence for each thing that is wrong. */
export async function startServer(options: StartOptions = {}): Promise<CountersignServer> {
  const asked = options.config ?? loadConfig(options.settings ?? {})
  const clock = options.clock ?? systemClock
  const log = createLog({
    level: asked.logLevel,
    ...(options.logDestination && { destination: options.logDestination }),
  })
  prepareDataDir(asked)
  const secrets = createSecrets(readMasterSecret(asked))

  // The port is taken before the app is built, as the issuer follows from it; the first requests wait.
  const ready = Promise.withResolvers<RequestListener>()
  ready.promise.catch(() => undefined)
  let handle: RequestListener = (req, res) => {
    ready.promise.then(
      (handler) => handler(req, res),
      () => res.destroy(),
    )
  }
  let { issuer } = asked
  const journal =
    asked.profile === 'local' ? (options.journal ?? createJournal({ clock })) : undefined
  const { listening, opened } = await openBoth(asked, () =>
    createHttpServer((req, res) => handle(req, res), {
      issuer: () => issuer,
      clock,
      doctor: asked.profile === 'local',
      timeouts: options.timeouts ?? TIMEOUTS,
      report({ requestId, id, evidence }) {
        log.info({ requestId, status: catalogue[id].status, refusal: id })
        journal?.record({ requestId, id, evidence, method: '', path: '' })
      },
    }),
  )
  try {
    const config = withPort(asked, listening.port)
    ;({ issuer } = config)
    const { db } = opened
    const revision = createRevision(db)
    const denylist = createDenylist({ db, clock, revision })
    // By the machine's clock, which the engine takes its time stamps from.
    const ageing = createAgeing({ db, clock: systemClock, revision })
    const once = createOnce({ db, clock })
    const throttle = createThrottle({ db, clock })
    const hashing = createPasswordHashing({
      ...(options.hashingCost !== undefined && { cost: options.hashingCost }),
    })
    const lab = journal && createLabGround({ db, clock, secrets, issuer })
    await lab?.throwaways.removeLeftovers()
    const guessLimit = createGuessLimit({
      throttle,
      denylist,
      clock,
      ...(lab && { isThrowaway: lab.throwaways.has }),
    })
    const directory = {
      accounts: createAccounts({ db, clock, secrets, hashing, denylist }),
      clients: createClients({ db, clock, secrets, issuer, revision, denylist }),
    }
    const { accounts, clients } = lab?.throwaways.around(directory) ?? directory
    const [seed, keys] = await Promise.all([
      createSeed({
        db,
        clock,
        secrets,
        hashing,
        denylist,
        revision,
        issuer,
        file: config.seedFile,
        profile: config.profile,
      }).apply(),
      openSigningKeys({ db, clock, secrets, revision, rotationDays: config.keyRotationDays }),
    ])
    const resources = await createResources({ db, issuer })
    const parts = { config, issuer, db, clock, secrets, keys, accounts, clients, resources }
    const authorization = createProvider({
      ...parts,
      // The engine reads the machine's clock, and what it stores must agree with it.
      clock: systemClock,
      ageing,
      denylist,
      once,
      guessLimit,
      openRegistration: config.profile === 'local',
      clientDocuments: config.clientDocuments,
      allowLoopback: config.profile === 'local',
      requireDpopNonce: config.dpopNonce === 'required',
      mutualTls: {
        enabled: config.mtlsCertHeader !== undefined,
        verifies: config.mtlsVerifyHeader !== undefined,
      },
      doctor: journal !== undefined,
      log,
      wait: options.wait,
      ...(lab && { interfere: lab.faults.interfere }),
    })
    const app = createApp({
      ...parts,
      ageing,
      denylist,
      guessLimit,
      once,
      throttle,
      seed,
      log,
      authorization,
      journal,
      lab,
    })
    const answer = app.callback()
    handle = (req, res) => void answer(req, res)
    ready.resolve(handle)
    authorization.start()

    const upkeep = startUpkeep({ db, clock, keys, log })

    let closing: Promise<void> | undefined
    return {
      issuer,
      port: listening.port,
      config,
      seed,
      db,
      accounts,
      clients,
      families: authorization.families,
      url: (path) => new URL(path, issuer).href,
      close: () =>
        (closing ??= (async () => {
          upkeep.stop()
          await closeServers(listening.servers)
          await authorization.close()
          await upkeep.finished()
          await lab?.throwaways.close()
          await opened.close()
        })()),
    }
  } catch (error) {
    ready.reject(error)
    for (const server of listening.servers) server.close().closeAllConnections()
    await opened.close()
    throw asStartFault(error)
  }
}

/** The port and the database at once: what is wrong with either is told together. */
async function openBoth(
  config: Config,
  createServer: () => ReturnType<typeof createHttpServer>,
): Promise<{ listening: Listening; opened: OpenedDatabase }> {
  const [port, database] = await Promise.allSettled([
    listen({
      port: config.port,
      hosts: config.host,
      allHosts: config.hostIsSet,
      createServer,
    }),
    migrate(config.databaseUrl).then(() => openDatabase(config.databaseUrl)),
  ])
  if (port.status === 'fulfilled' && database.status === 'fulfilled') {
    return { listening: port.value, opened: database.value }
  }
  if (port.status === 'fulfilled') for (const server of port.value.servers) server.close()
  if (database.status === 'fulfilled') await database.value.close()
  const faults = [port, database].flatMap((one) =>
    one.status === 'rejected' ? asStartFault(one.reason) : [],
  )
  const sentences = faults.flatMap((fault) => {
    if (fault instanceof StartFault) return fault.faults
    throw fault
  })
  throw new StartFault(sentences)
}

function asStartFault(error: unknown): Error {
  if (error instanceof DatabaseFault) return new StartFault([error.message], { cause: error })
  return error instanceof Error ? error : new Error(String(error))
}
