/** The person's part of an authorization request: sign-in and consent, one form each. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Interaction, Provider } from 'oidc-provider'
import type { Database } from '../db/client.ts'
import type { GuessLimit } from '../db/guess-limit.ts'
import type { Accounts, Verification } from '../directory/accounts.ts'
import type { Resources } from '../directory/resources.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import { catalogue } from '../refusals/catalogue.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import { Refusal } from '../refusals/refusal.ts'
import { sendPage } from '../web/send-page.ts'
import { readForm } from '../web/request-body.ts'
import { SCOPE_WORDS } from './claims.ts'
import { OPENID_RESOURCE, type Consents, type ScopesByResource } from './grants.ts'
import { consentPage } from './pages/consent.ts'
import { loginPage } from './pages/login.ts'
import { ACR_PASSWORD } from './policy.ts'
import { sendExpired } from './screens.ts'

export type InteractionParts = {
  provider: Provider
  db: Database
  secrets: Secrets
  clock: Clock
  accounts: Accounts
  guessLimit: GuessLimit
  resources: Resources
  consents: Consents
  /** People whose passwords the sign-in page may show; none in production. */
  hints: readonly { login: string; password: string }[]
}

/** A sign-in form holds a name and a password; anything near this size is something else. Bytes. */
const FORM_LIMIT = 16 * 1024

export function registerInteractions(router: Router, parts: InteractionParts): void {
  const { provider, clock, accounts, guessLimit, resources, consents, hints } = parts

  /** The interaction that this browser began, or undefined after a page that says it is over was sent. */
  async function current(ctx: Context, name?: string): Promise<Interaction | undefined> {
    const uid = (ctx['params'] as { uid: string }).uid
    const cookie = ctx.cookies.get(provider.cookieName('interaction'), { signed: true })
    const interaction = cookie === uid ? await provider.Interaction.find(uid) : undefined
    const fits = interaction && (name === undefined || interaction.prompt.name === name)
    if (fits && (await belongsToSession(ctx, interaction))) return interaction
    await sendExpired(ctx, parts, uid)
    return undefined
  }

  /** Somebody else may have signed in, or out, in another tab since the page was shown. */
  async function belongsToSession(ctx: Context, interaction: Interaction): Promise<boolean> {
    const begun = interaction.session?.uid
    if (begun === undefined) return true
    const session = await provider.Session.get(ctx)
    return session.uid === begun
  }

  async function finish(
    ctx: Context,
    interaction: Interaction,
    result: Record<string, unknown>,
  ): Promise<void> {
    interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result }
    await interaction.save(interaction.exp - clock.seconds())
    ctx.status = 303
    ctx.redirect(interaction.returnTo)
  }

  const deny = (ctx: Context, interaction: Interaction) =>
    finish(ctx, interaction, {
      error: 'access_denied',
      error_description: 'The person said no',
    })

  async function showLogin(
    ctx: Context,
    interaction: Interaction,
    failed?: { login: string; refusal: RefusalId },
  ): Promise<void> {
    const { params } = interaction
    const login = failed?.login ?? (params['login_hint'] as string | undefined)
    const client = await clientFacts(provider, params)
    const page = loginPage({
      action: `/interaction/${interaction.uid}/login`,
      client,
      people: [...hints],
      ...(login !== undefined && { login }),
      ...(failed && { error: catalogue[failed.refusal].person }),
    })
    if (failed) ctx.state['refusal'] = failed.refusal
    sendPage(ctx, page, {
      status: failed ? statusOf(failed.refusal) : 200,
      formTargets: client.addresses,
    })
  }

  /** Undefined after too many wrong ones, with `Retry-After` set: then no password is looked at. */
  async function verifyWithinLimit(
    ctx: Context,
    login: string,
    password: string,
  ): Promise<Verification | undefined> {
    let verified: Verification | undefined
    try {
      const guesser = { kind: 'account', name: login, address: ctx.ip } as const
      await guessLimit.attempt(guesser, async () => {
        verified = await accounts.verify(login, password)
        return verified.outcome !== 'rejected'
      })
    } catch (error) {
      if (!(error instanceof Refusal) || error.id !== 'login-throttled') throw error
      ctx.set(error.headers)
    }
    return verified
  }

  router.get('interaction', '/interaction/:uid', async (ctx) => {
    const interaction = await current(ctx)
    if (!interaction) return
    if (interaction.prompt.name === 'login') return showLogin(ctx, interaction)
    const { params, session } = interaction
    const sub = session?.accountId
    const account = sub === undefined ? undefined : await accounts.byId(sub)
    if (!account) return sendExpired(ctx, parts, interaction.uid)
    const client = await clientFacts(provider, params)
    const asked = await askedScopes(provider, resources, params)
    const remembered = await consents.find(account.sub, String(params['client_id']))
    const scopes = [...asked].flatMap(([resource, names]) =>
      [...names].map((scope) => ({
        scope,
        words: wordsFor(resources, resource, scope),
        resourceName: resources.byIdentifier(resource)?.name,
        granted: remembered.get(resource)?.has(scope) ?? false,
        required: scope === 'openid',
      })),
    )
    sendPage(
      ctx,
      consentPage({
        action: `/interaction/${interaction.uid}/consent`,
        client,
        account: { login: account.login, ...(account.name && { name: account.name }) },
        scopes,
      }),
      { formTargets: client.addresses },
    )
  })

  router.post('login', '/interaction/:uid/login', async (ctx) => {
    const interaction = await current(ctx, 'login')
    if (!interaction) return
    const form = await readForm(ctx, { limit: FORM_LIMIT })
    if (form.get('decision') === 'cancel') return deny(ctx, interaction)
    const login = form.get('login') ?? ''
    const verified = await verifyWithinLimit(ctx, login, form.get('password') ?? '')
    if (verified === undefined) {
      return showLogin(ctx, interaction, { login, refusal: 'login-throttled' })
    }
    if (verified.outcome === 'rejected') {
      return showLogin(ctx, interaction, { login, refusal: 'sign-in-failed' })
    }
    if (verified.outcome === 'disabled') {
      return showLogin(ctx, interaction, { login, refusal: 'token-subject-disabled' })
    }
    // A yes from before belongs to whoever gave it; the person who signs in now is asked anew.
    delete interaction.lastSubmission?.consent
    await finish(ctx, interaction, {
      login: {
        accountId: verified.account.sub,
        acr: ACR_PASSWORD,
        amr: ['pwd'],
        // Now, and not when the engine comes to it after the consent page.
        ts: clock.seconds(),
      },
    })
  })

  router.post('consent', '/interaction/:uid/consent', async (ctx) => {
    const interaction = await current(ctx, 'consent')
    if (!interaction) return
    const form = await readForm(ctx, { limit: FORM_LIMIT })
    if (form.get('decision') !== 'allow') return deny(ctx, interaction)
    const { params, session } = interaction
    const sub = session?.accountId
    if (sub === undefined) return sendExpired(ctx, parts, interaction.uid)
    const asked = await askedScopes(provider, resources, params)
    const granted = new Set<string>(form.getAll('scope'))
    // `openid` has no checkbox: it is what makes the request a sign-in.
    if (asked.get(OPENID_RESOURCE)?.has('openid')) granted.add('openid')
    await consents.remember(sub, String(params['client_id']), asked, granted)
    await finish(ctx, interaction, { consent: { sub, granted: [...granted] } })
  })
}

/** A page for a person never has a 401, see the row of `sign-in-failed`. */
function statusOf(refusal: RefusalId): number {
  const { status } = catalogue[refusal]
  return status === 401 ? catalogue['sign-in-failed'].status : status
}

/** What a request's parameters ask for, by resource, limited to what its client may ask for. */
async function askedScopes(
  provider: Provider,
  resources: Resources,
  params: Record<string, unknown>,
): Promise<ScopesByResource> {
  const scopes = typeof params['scope'] === 'string' ? params['scope'].split(' ') : []
  const client = await provider.Client.find(String(params['client_id']))
  const allowed = (client?.['resource_scopes'] as string | undefined)?.split(' ')
  const asked: ScopesByResource = new Map()
  const openid = scopes.filter((scope) => Object.hasOwn(SCOPE_WORDS, scope))
  if (openid.length > 0) asked.set(OPENID_RESOURCE, new Set(openid))
  for (const identifier of [params['resource'] ?? []].flat().map(String)) {
    const known = resources.byIdentifier(identifier)?.scopes ?? {}
    const names = scopes.filter(
      (scope) => Object.hasOwn(known, scope) && (allowed?.includes(scope) ?? true),
    )
    if (names.length > 0) asked.set(identifier, new Set(names))
  }
  return asked
}

function wordsFor(resources: Resources, resource: string, scope: string): string {
  if (resource === OPENID_RESOURCE) return SCOPE_WORDS[scope] ?? scope
  return resources.byIdentifier(resource)?.scopes[scope] ?? scope
}

async function clientFacts(
  provider: Provider,
  params: Record<string, unknown>,
): Promise<{ name: string; uri?: string; addresses: string[] }> {
  const client = await provider.Client.find(String(params['client_id']))
  return {
    name: client?.clientName ?? String(params['client_id']),
    ...(client?.clientUri && { uri: client.clientUri }),
    // A browser applies form-action to the whole chain of redirects, which goes on at the client.
    addresses: [
      ...(client?.redirectUris ?? []),
      ...(client?.postLogoutRedirectUris ?? []),
      client?.clientUri ?? '',
      typeof params['redirect_uri'] === 'string' ? params['redirect_uri'] : '',
    ],
  }
}
