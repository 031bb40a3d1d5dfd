/** `/account`: what a person's apps may do, where she is signed in, and the forms that end either. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Families } from '../authorization/families.ts'
import { OPENID_RESOURCE, type Consents } from '../authorization/grants.ts'
import { wordsFor } from '../authorization/interaction-request.ts'
import type { Sessions } from '../authorization/sessions.ts'
import type { Account, Accounts } from '../directory/accounts.ts'
import type { Clients } from '../directory/clients.ts'
import type { Resources } from '../directory/resources.ts'
import { catalogue } from '../refusals/catalogue.ts'
import type { RefusalReport } from '../refusals/respond.ts'
import { readForm, type Form } from '../web/request-body.ts'
import { sendPage } from '../web/send-page.ts'
import { browserName } from './browser-name.ts'
import { accountPage, signedOutAccountPage } from './page.ts'

export type AccountParts = {
  provider: Provider
  accounts: Pick<Accounts, 'byId'>
  clients: Pick<Clients, 'find'>
  resources: Resources
  consents: Pick<Consents, 'list'>
  sessions: Sessions
  families: Pick<Families, 'withdrawConsent'>
  /** Where a sign-in begins that leads back here; absent in production. */
  signInUrl?: string | undefined
  /** Told of refusals that a page answers. */
  report: (report: RefusalReport) => void
}

/** Bytes. */
const FORM_LIMIT = 4 * 1024

type SignedIn = { account: Account; sessionUid: string }

export function registerAccount(router: Router, parts: AccountParts): void {
  const { provider, accounts, clients, resources, consents, sessions, families } = parts

  async function whoIsHere(ctx: Context): Promise<SignedIn | undefined> {
    const { accountId, uid } = await provider.Session.get(ctx)
    const account = accountId === undefined ? undefined : await accounts.byId(accountId)
    return account && !account.disabled ? { account, sessionUid: uid } : undefined
  }

  const nameOfClient = async (clientId: string): Promise<string> =>
    (await clients.find(clientId))?.metadata.client_name ?? clientId

  async function show(ctx: Context, here: SignedIn, error?: string): Promise<void> {
    const { sub, login, name } = here.account
    const [allowedApps, alive] = await Promise.all([consents.list(sub), sessions.list(sub)])
    const page = accountPage({
      person: { sub, login, name },
      apps: await Promise.all(
        allowedApps.map(async ({ clientId, allowed }) => ({
          clientId,
          name: await nameOfClient(clientId),
          allowed: allowed.map(({ resource, scopes, since }) => ({
            ...(resource !== OPENID_RESOURCE && {
              api: resources.byIdentifier(resource)?.name ?? resource,
            }),
            words: scopes.map((scope) => wordsFor(resources, resource, scope)),
            since,
          })),
        })),
      ),
      sessions: await Promise.all(
        alive.map(async ({ uid, userAgent, signedInAt, clientIds }) => ({
          uid,
          browser: browserName(userAgent),
          signedInAt,
          apps: await Promise.all(clientIds.map(nameOfClient)),
          isThisOne: uid === here.sessionUid,
        })),
      ),
      error,
    })
    sendPage(ctx, page, error === undefined ? {} : { status: catalogue['sign-in-expired'].status })
  }

  /** Does what the form says for the person whose page it stood on, and shows how things are then. */
  async function answerForm(
    ctx: Context,
    act: (here: SignedIn, form: Form) => Promise<unknown>,
  ): Promise<void> {
    const form = await readForm(ctx, { limit: FORM_LIMIT })
    const here = await whoIsHere(ctx)
    if (here && form.get('person') !== here.account.sub) return showToAnother(ctx, here)
    if (here) await act(here, form)
    ctx.status = 303
    ctx.redirect('/account')
  }

  /** Somebody else has signed in in another tab since the page was shown: her apps are not meant. */
  async function showToAnother(ctx: Context, here: SignedIn): Promise<void> {
    const { method, path, state } = ctx
    const expected = 'the person whom the page was made for'
    const evidence = { check: 'sign-in', expected, found: 'another' }
    state['refusal'] = 'sign-in-expired'
    const requestId = String(state['requestId'])
    parts.report({
      requestId,
      id: 'sign-in-expired',
      evidence,
      method,
      path,
      headers: {},
      state,
    })
    await show(
      ctx,
      here,
      'Somebody else has signed in since that page was shown. Nothing was changed.',
    )
  }

  router.get('account', '/account', async (ctx) => {
    const here = await whoIsHere(ctx)
    if (here) return show(ctx, here)
    sendPage(ctx, signedOutAccountPage({ signInUrl: parts.signInUrl }))
  })

  router.post('account-apps', '/account/apps', (ctx) =>
    answerForm(ctx, async ({ account }, form) => {
      if (form.get('decision') !== 'withdraw') return
      await families.withdrawConsent(account.sub, form.get('client_id') ?? '')
    }),
  )

  router.post('account-sessions', '/account/sessions', (ctx) =>
    answerForm(ctx, async ({ account }, form) => {
      if (form.get('decision') !== 'sign-out') return
      await sessions.end(account.sub, form.get('session') ?? '')
    }),
  )

  router.post('account-sign-out', '/account/sign-out', (ctx) =>
    answerForm(ctx, async ({ account }, form) => {
      if (form.get('decision') !== 'sign-out-everywhere') return
      await sessions.endAll(account.sub)
    }),
  )
}
