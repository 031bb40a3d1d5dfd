/** The app: the order of the middleware and every route, on one screen. */
import Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import compose from 'koa-compose'
import { registerAccount } from './account/routes.ts'
import { createAuthorizationEdge } from './authorization/edge.ts'
import { registerInteractions } from './authorization/interactions.ts'
import { createIntrospect } from './authorization/introspection.ts'
import { createLookUp } from './authorization/known-text.ts'
import type { SigningKeys } from './authorization/keys.ts'
import type { AuthorizationServer } from './authorization/provider.ts'
import { createSecondStep } from './authorization/second-step.ts'
import type { Config } from './config.ts'
import type { Ageing } from './db/ageing.ts'
import type { Database } from './db/client.ts'
import type { Denylist } from './db/denylist.ts'
import type { GuessLimit } from './db/guess-limit.ts'
import type { Once } from './db/once.ts'
import { isOutage } from './db/outage.ts'
import { createPollPace } from './db/poll-pace.ts'
import type { Throttle } from './db/throttle.ts'
import type { Accounts } from './directory/accounts.ts'
import type { Clients } from './directory/clients.ts'
import { MAX_ACCESS_TOKEN_LIFE, type Resources } from './directory/resources.ts'
import type { SeedReport } from './directory/seed.ts'
import type { Journal } from './doctor/journal.ts'
import { accountSignInUrl, DEMO_CLIENT } from './demo/sign-in.ts'
import { recordOf } from './doctor/journal/record.ts'
import { createKit } from './doctor/next/kit.ts'
import { registerDoctor } from './doctor/routes.ts'
import { createWantedBy } from './doctor/wanted-by.ts'
import { registerHealth } from './home/health.ts'
import { registerHome } from './home/routes.ts'
import { wayBack } from './home/way-back.ts'
import { registerAgeing } from './lab/age.ts'
import { openLab, type LabGround } from './lab/open.ts'
import { systemClock, type Clock } from './lib/clock.ts'
import type { Secrets } from './lib/secrets.ts'
import { respondToRefusals, type RefusalReport } from './refusals/respond.ts'
import { registerBasic } from './resource/basic.ts'
import { registerDigest } from './resource/digest.ts'
import type { Wanted } from './resource/facts.ts'
import { createGuard, wantedOf } from './resource/guard.ts'
import { createInspect } from './resource/inspect.ts'
import { registerLedger } from './resource/ledger.ts'
import { registerLimited } from './resource/limited.ts'
import { protectedResource, registerMetadata } from './resource/metadata.ts'
import { createNonces } from './resource/nonces.ts'
import { registerNotes } from './resource/notes.ts'
import { hideUnknown } from './resource/representation.ts'
import { registerTransfers } from './resource/transfers.ts'
import { registerWhoami } from './resource/whoami.ts'
import { registerAssets } from './web/assets.ts'
import { cors } from './web/cors.ts'
import { refuseForeignForms } from './web/form-origin.ts'
import { guardHttpEdge, identifyRequests } from './web/http-edge/guard.ts'
import { refuseForeignPages } from './web/local-only.ts'
import { logRequests, type Log } from './web/log.ts'
import { refusalPage } from './web/refusal-page.ts'
import { sendPage } from './web/send-page.ts'

/** Paths of the protected APIs. */
const PROTECTED = /^\/(api|ledger)(\/|$)/

/** Forms that a person's browser sends with its cookies; the other endpoints are for programs of any origin. */
const PEOPLES_FORMS = /^\/(interaction|account|device|oauth\/logout)(\/|$)/

/** What the developer at this machine works with; none of it exists in production. */
const INSTRUMENTS = /^\/(lab|doctor)(\/|$)/

export type AppParts = {
  config: Config
  issuer: string
  db: Database
  clock: Clock
  secrets: Secrets
  keys: SigningKeys
  accounts: Accounts
  clients: Clients
  resources: Resources
  ageing: Ageing
  denylist: Denylist
  guessLimit: GuessLimit
  once: Once
  throttle: Throttle
  seed: SeedReport
  log: Log
  authorization: AuthorizationServer
  /** Both are absent in production. */
  journal: Journal | undefined
  lab: LabGround | undefined
}

export function createApp(parts: AppParts): Koa {
  const { config, issuer, db, clock, secrets, keys, accounts, clients, resources } = parts
  const { ageing, denylist, once, guessLimit, seed, log, journal, lab } = parts
  const { provider, families, sessions, consents, jwtAccessTokens, documentPages } =
    parts.authorization
  const isLocal = config.profile === 'local'
  const mutualTls = config.mtlsCertHeader !== undefined
  const demoClient = seed.clients.find(({ clientId }) => clientId === DEMO_CLIENT)?.clientId
  const report = (refused: RefusalReport) => journal?.record(recordOf(refused))
  const real = {
    keys: async () => keys.publicKeySet(),
    introspect: createIntrospect(provider),
    standing: (wanted: string[], issuedAt?: number) => denylist.find(wanted, issuedAt),
  }
  const ports = {
    ...(lab?.faults.aroundPorts(real) ?? real),
    issuer,
    clock,
    ageing: (issuedAt: number) => ageing.secondsFor(issuedAt),
    once,
    nonces: createNonces({ key: secrets.key('dpop-nonce:api'), clock }),
    nonceRequired: config.dpopNonce === 'required',
  }
  const guard = createGuard({
    ...ports,
    leeway: config.clockLeeway,
    maxLife: MAX_ACCESS_TOKEN_LIFE,
    // The journal is told of every refusal where it is answered, with what the guard judged by.
    report: () => undefined,
  })

  const router = new Router({ sensitive: true, strict: true })
  registerHealth(router, { db })
  registerAssets(router)
  registerHome(router, { issuer, isLocal, seed, clients, resources })
  registerInteractions(router, {
    provider,
    db,
    secrets,
    clock: systemClock,
    accounts,
    guessLimit,
    resources,
    consents,
    secondStep: createSecondStep({ accounts, once, clock: systemClock }),
    report,
    doctor: isLocal,
    hints: isLocal ? seed.people : [],
  })
  registerAccount(router, {
    provider,
    accounts,
    clients,
    resources,
    consents,
    sessions,
    families,
    signInUrl: isLocal && demoClient ? accountSignInUrl(issuer, demoClient) : undefined,
    report,
  })
  const passwords = { accounts, guessLimit }
  registerBasic(router, passwords)
  registerDigest(router, { ...passwords, issuer, clock, secrets, once })
  if (isLocal) registerAgeing(router, { ageing })
  if (lab) openLab(router, lab, parts)
  const apiRouter = new Router({ sensitive: true, strict: true })
  const unknown: Middleware[] = []
  const apis: Wanted[] = []
  for (const one of resources.all()) {
    const resource = protectedResource(one)
    unknown.push(hideUnknown({ guard, resource }))
    const wanted = wantedOf(guard({ resource }))
    if (wanted) apis.push(wanted)
    if (resource.identifier === `${issuer}/api`) {
      registerMetadata(router, { issuer, resource, bearerMethods: ['header', 'body'], mutualTls })
      registerNotes(apiRouter, { db, clock, guard, resource })
      registerTransfers(apiRouter, { db, clock, guard, resource })
      registerWhoami(apiRouter, { guard, resource })
      registerLimited(apiRouter, { guard, resource, throttle: parts.throttle })
    }
    if (resource.identifier === `${issuer}/ledger`) {
      registerMetadata(router, { issuer, resource, bearerMethods: ['header'], mutualTls })
      registerLedger(apiRouter, { db, guard, resource })
    }
  }
  if (journal) {
    registerDoctor(router, {
      issuer,
      allowedHosts: config.allowedHosts,
      resources: apis.map(({ audience }) => audience),
      apis,
      wantedBy: createWantedBy(apiRouter, apis),
      inspect: createInspect(ports),
      lookUp: createLookUp(provider),
      find: (requestId) => journal.find(requestId),
      clients,
      kit: createKit({
        issuer,
        clients,
        seeded: seed.clients,
        scopesOf: (one) => Object.keys(resources.byIdentifier(one)?.scopes ?? {}),
      }),
    })
  }

  const app = new Koa()
  // The engine signs its cookies with these, and we read them.
  app.keys = provider.keys
  app.use(identifyRequests())
  app.use(logRequests({ log, clock }))
  app.use(
    respondToRefusals({
      issuer,
      doctor: isLocal,
      renderPage(ctx, page) {
        const back = wayBack(ctx, page, { issuer, demoClient })
        const doctorUrl = isLocal ? `/doctor/${page.requestId}` : undefined
        sendPage(ctx, refusalPage({ ...page, back, doctorUrl }), { status: page.row.status })
      },
      refusalFor: (error) => (isOutage(error) ? 'auth-backend-down' : undefined),
      report,
    }),
  )
  app.use(
    guardHttpEdge({
      issuer,
      port: () => config.port,
      allowedHosts: config.allowedHosts,
      trustProxy: config.trustProxy,
      certHeader: config.mtlsCertHeader,
      verifyHeader: config.mtlsVerifyHeader,
    }),
  )
  app.use(
    cors({
      profile: config.profile,
      originAllowed: async (origin) => documentPages.has(origin) || clients.hasPageOn(origin),
      isPublic: (path) => path.startsWith('/.well-known/') || path === '/oauth/jwks',
    }),
  )
  if (lab) app.use(lab.faults.middleware)
  app.use(onlyFor(PEOPLES_FORMS, refuseForeignForms({ issuer })))
  if (isLocal) app.use(onlyFor(INSTRUMENTS, refuseForeignPages({ issuer })))
  // Apart and first: a call of the API need not be compared with the path of every page.
  app.use(onlyFor(PROTECTED, compose([apiRouter.routes() as Middleware, ...unknown])))
  app.use(router.routes())
  app.use(
    createAuthorizationEdge({
      provider,
      jwtAccessTokens,
      guessLimit: parts.guessLimit,
      pollPace: createPollPace({ db, clock: systemClock }),
      report,
      resourceScopes: resources.all().flatMap(({ scopes }) => Object.keys(scopes)),
      protectedResources: resources.all().map(({ identifier }) => identifier),
    }),
  )
  return app
}

const onlyFor =
  (path: RegExp, middleware: Middleware): Middleware =>
  (ctx, next) =>
    (path.test(ctx.path) ? middleware(ctx, next) : next()) as Promise<void>
