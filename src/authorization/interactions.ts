/** The person's part of an authorization request: sign-in and consent, one form each. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Interaction, Provider } from 'oidc-provider'
import type { Database } from '../db/client.ts'
import { isThrottled, type GuessLimit } from '../db/guess-limit.ts'
import type { Account, Accounts, Verification } from '../directory/accounts.ts'
import type { Resources } from '../directory/resources.ts'
import { ACR_MFA, ACR_PASSWORD } from '../lib/acr.ts'
import type { Clock } from '../lib/clock.ts'
import type { Secrets } from '../lib/secrets.ts'
import { catalogue } from '../refusals/catalogue.ts'
import type { RefusalId } from '../refusals/catalogue.ts'
import type { Evidence } from '../refusals/refusal.ts'
import type { RefusalReport } from '../refusals/respond.ts'
import { sendPage } from '../web/send-page.ts'
import { readForm } from '../web/request-body.ts'
import { OPENID_RESOURCE, type Consents } from './grants.ts'
import { askedScopes, clientFacts, wordsFor } from './interaction-request.ts'
import { consentPage } from './pages/consent.ts'
import { loginPage } from './pages/login.ts'
import { secondStepPage } from './pages/second-step.ts'
import { STEP_UP } from './policy.ts'
import { acceptableAcrs, scopesOfClaims } from './requested-claims.ts'
import { detailsInWords } from './rich-authorization.ts'
import { sendExpired } from './screens.ts'
import type { SecondStep } from './second-step.ts'

export type InteractionParts = {
  provider: Provider
  db: Database
  secrets: Secrets
  clock: Clock
  accounts: Accounts
  guessLimit: GuessLimit
  resources: Resources
  consents: Consents
  secondStep: SecondStep
  /** People whose passwords the sign-in page may show; none in production. */
  hints: readonly { login: string; password: string }[]
  /** Told of refusals that a page with a form answers. */
  report: (report: RefusalReport) => void
  /** Whether there is a doctor's page about every request. */
  doctor?: boolean
}

/** A password was right, and a second step is due. */
type FirstStep = {
  sub: string
  /** When the password was typed: seconds since the epoch. */
  ts: number
}

type Submission = Record<string, unknown> & { firstStep?: FirstStep }

const needsSecondStep = ({ params }: Interaction): boolean =>
  !acceptableAcrs(params).includes(ACR_PASSWORD)

/** The engine's reason for a consent page that the app wants (prompt=consent). */
const ASK_ANEW = 'consent_prompt'

/** A sign-in form holds a name and a password; anything near this size is something else. Bytes. */
const FORM_LIMIT = 16 * 1024

export function registerInteractions(router: Router, parts: InteractionParts): void {
  const { provider, clock, accounts, resources, consents, guessLimit, secondStep, hints } = parts

  /** A refusal that is part of a page with a form. */
  function report(ctx: Context, id: RefusalId, evidence: Evidence): void {
    ctx.state['refusal'] = id
    const { method, path } = ctx
    const { state } = ctx
    const requestId = String(state['requestId'])
    parts.report({ requestId, id, evidence, method, path, headers: {}, state })
  }

  async function expired(ctx: Context, uid: string): Promise<void> {
    const expected = 'a sign-in under way, begun in this browser'
    report(ctx, 'sign-in-expired', { check: 'sign-in', expected, found: 'none, or another' })
    await sendExpired(ctx, parts, uid)
  }

  /** The interaction that this browser began, or undefined after a page that says it is over was sent. */
  async function current(ctx: Context, name?: string): Promise<Interaction | undefined> {
    const uid = (ctx['params'] as { uid: string }).uid
    const cookie = ctx.cookies.get(provider.cookieName('interaction'), { signed: true })
    const interaction = cookie === uid ? await provider.Interaction.find(uid) : undefined
    const fits = interaction && (name === undefined || interaction.prompt.name === name)
    if (fits && (await belongsToSession(ctx, interaction))) return interaction
    await expired(ctx, uid)
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
    const { firstStep, ...before } = (interaction.lastSubmission ?? {}) as Submission
    interaction.result = 'error' in result ? result : { ...before, ...result }
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
    if (failed) report(ctx, failed.refusal, { check: 'password' })
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
      if (!isThrottled(error)) throw error
      ctx.set(error.headers)
    }
    return verified
  }

  const finishLogin = (ctx: Context, interaction: Interaction, first: FirstStep, acr: string) =>
    finish(ctx, interaction, {
      login: {
        accountId: first.sub,
        acr,
        amr: acr === ACR_MFA ? ['pwd', 'otp', 'mfa'] : ['pwd'],
        ts: first.ts,
      },
    })

  /** Who proved the first step of this sign-in: with the password just now, or in the session, if that is enough. */
  async function firstStepOf(
    ctx: Context,
    interaction: Interaction,
  ): Promise<FirstStep | undefined> {
    const { firstStep } = (interaction.lastSubmission ?? {}) as Submission
    if (firstStep) return firstStep
    const { reasons } = interaction.prompt
    if (!reasons.every((reason) => reason === STEP_UP)) return undefined
    const { accountId, loginTs } = await provider.Session.get(ctx)
    return accountId === undefined ? undefined : { sub: accountId, ts: loginTs ?? clock.seconds() }
  }

  async function askSecondStep(
    ctx: Context,
    interaction: Interaction,
    { sub }: FirstStep,
  ): Promise<void> {
    const account = await accounts.byId(sub)
    if (!account) return expired(ctx, interaction.uid)
    if (await secondStep.isSetUp(sub)) return showSecondStep(ctx, interaction, account)
    // RFC 9470 §5: the app is told, rather than the person left at a page that cannot be answered.
    await finish(ctx, interaction, {
      error: 'unmet_authentication_requirements',
      error_description: 'no second step is set up',
    })
  }

  async function showSecondStep(
    ctx: Context,
    interaction: Interaction,
    account: Account,
    failed?: { id: RefusalId; headers?: Readonly<Record<string, string>>; evidence?: Evidence },
  ): Promise<void> {
    const client = await clientFacts(provider, interaction.params)
    const shownCode = await secondStep.shownCode(account.sub)
    const page = secondStepPage({
      action: `/interaction/${interaction.uid}/second-step`,
      client,
      account: { login: account.login, ...(account.name && { name: account.name }) },
      ...(shownCode !== undefined && { shownCode }),
      ...(failed && { error: catalogue[failed.id].person }),
    })
    if (failed) report(ctx, failed.id, failed.evidence ?? { check: 'one-time code' })
    ctx.set({ ...failed?.headers })
    const status = failed ? catalogue[failed.id].status : 200
    sendPage(ctx, page, { status, formTargets: client.addresses })
  }

  router.get('interaction', '/interaction/:uid', async (ctx) => {
    const interaction = await current(ctx)
    if (!interaction) return
    if (interaction.prompt.name === 'login') {
      // A second step that was done already is no way back to the password alone.
      const first = needsSecondStep(interaction) && (await firstStepOf(ctx, interaction))
      return first ? askSecondStep(ctx, interaction, first) : showLogin(ctx, interaction)
    }
    const { params, session } = interaction
    const sub = session?.accountId
    const account = sub === undefined ? undefined : await accounts.byId(sub)
    if (!account) return expired(ctx, interaction.uid)
    const client = await clientFacts(provider, params)
    const asked = await askedScopes(provider, resources, params)
    const remembered = await consents.find(account.sub, String(params['client_id']))
    const essential = scopesOfClaims(params)
    const scopes = [...asked].flatMap(([resource, names]) =>
      [...names].map((scope) => ({
        scope,
        words: wordsFor(resources, resource, scope),
        resourceName: resources.byIdentifier(resource)?.name,
        granted: remembered.get(resource)?.has(scope) ?? false,
        required: scope === 'openid',
        needed: resource === OPENID_RESOURCE && essential.get(scope) === true,
      })),
    )
    const details = detailsInWords(params)
    // Who asks for more asks for that alone; details are always more, as none is remembered. With nothing new there
    // is another reason for this page, and everything is open again; so it is when the app wants that (prompt=consent).
    const isMore = details.length > 0 || scopes.some(({ granted }) => !granted)
    const onlyMore = isMore && !interaction.prompt.reasons.includes(ASK_ANEW)
    sendPage(
      ctx,
      consentPage({
        action: `/interaction/${interaction.uid}/consent`,
        client,
        account: { login: account.login, ...(account.name && { name: account.name }) },
        scopes: scopes.map((one) => ({
          ...one,
          required: one.required || (onlyMore && one.granted),
        })),
        details,
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
    // Now, and not when the engine comes to it after the consent page.
    const first = { sub: verified.account.sub, ts: clock.seconds() }
    if (!needsSecondStep(interaction)) return finishLogin(ctx, interaction, first, ACR_PASSWORD)
    interaction.lastSubmission = { ...interaction.lastSubmission, firstStep: first }
    await interaction.save(interaction.exp - clock.seconds())
    await askSecondStep(ctx, interaction, first)
  })

  router.post('second-step', '/interaction/:uid/second-step', async (ctx) => {
    const interaction = await current(ctx, 'login')
    if (!interaction) return
    const form = await readForm(ctx, { limit: FORM_LIMIT })
    if (form.get('decision') === 'cancel') return deny(ctx, interaction)
    const first = await firstStepOf(ctx, interaction)
    const account = first && (await accounts.byId(first.sub))
    if (!account || account.disabled) return expired(ctx, interaction.uid)
    const guesser = { kind: 'account', name: `${account.login} code`, address: ctx.ip } as const
    try {
      const right = await guessLimit.attempt(guesser, () =>
        secondStep.verify(account.sub, form.get('code') ?? ''),
      )
      if (right) await finishLogin(ctx, interaction, first, ACR_MFA)
      else await showSecondStep(ctx, interaction, account, { id: 'second-step-failed' })
    } catch (error) {
      if (!isThrottled(error)) throw error
      await showSecondStep(ctx, interaction, account, error)
    }
  })

  router.post('consent', '/interaction/:uid/consent', async (ctx) => {
    const interaction = await current(ctx, 'consent')
    if (!interaction) return
    const form = await readForm(ctx, { limit: FORM_LIMIT })
    if (form.get('decision') !== 'allow') return deny(ctx, interaction)
    const { params, session } = interaction
    const sub = session?.accountId
    if (sub === undefined) return expired(ctx, interaction.uid)
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
