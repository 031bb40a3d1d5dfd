/** Answers in a form that sends itself (OAuth 2.0 Form Post Response Mode), with `iss` (RFC 9207), as openid-client takes them. */
import test from 'ava'
import * as client from 'openid-client'
import { formOf, type Page } from '../../scripts/kit/browser.ts'
import { createPerson, isConsent, isLogin, signIn, WEB } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

type Person = ReturnType<typeof createPerson>

/** The request that the browser sends to the app. */
async function formFor({ browser, request }: Person, params: object, decision = 'allow') {
  const { url, pkce } = request({ response_mode: 'form_post', ...params })
  let page: Page | undefined = (await browser.open(url)).page
  if (page && isLogin(page)) page = (await signIn(browser, page)).page
  if (page && isConsent(page)) page = (await browser.submit(page, {}, ['decision', decision])).page
  if (!page) throw new Error('the answer is no page')
  const { action, hidden } = formOf(page)
  const body = new URLSearchParams(hidden)
  return { action, fields: Object.fromEntries(hidden), pkce, posted: post(action, body) }
}

const post = (action: string, body: URLSearchParams) =>
  new Request(action, { method: 'POST', body })

test('openid-client redeems what a form brings, and finds the issuer in it', async (t) => {
  const server = await start(t)
  const config = await client.discovery(
    new URL(server.issuer),
    WEB.id,
    undefined,
    client.ClientSecretBasic(WEB.secret ?? ''),
    { execute: [client.allowInsecureRequests] },
  )
  const form = await formFor(createPerson(server.issuer), { scope: 'openid' })
  t.is(form.action, WEB.redirectUri)
  t.deepEqual(Object.keys(form.fields).toSorted(), ['code', 'iss', 'state'])
  const checks = { pkceCodeVerifier: form.pkce.verifier, expectedState: 'the-state' }
  const { iss, ...others } = form.fields
  t.is(iss, server.issuer)
  for (const wrong of [
    post(form.action, new URLSearchParams(others)),
    post(form.action, new URLSearchParams({ ...others, iss: 'https://other.example' })),
  ]) {
    await t.throwsAsync(client.authorizationCodeGrant(config, wrong, checks), {
      message: /iss|response/,
    })
  }
  const tokens = await client.authorizationCodeGrant(config, form.posted, checks)
  t.is(tokens.claims()?.sub, 'alice')
})

test('an error comes in the same form, with state and iss: before anybody is asked, and after a no', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  for (const [params, error, decision] of [
    [{ prompt: 'none' }, 'login_required', ''],
    [
      { scope: 'openid nope:nope', acr_values: 'urn:nope' },
      'unmet_authentication_requirements',
      '',
    ],
    [{ resource: 'https://nope.example/' }, 'invalid_target', ''],
    [{ scope: 'openid notes:read' }, 'access_denied', 'deny'],
  ] as const) {
    const { action, fields } = await formFor(person, params, decision)
    t.is(action, WEB.redirectUri)
    t.like(fields, { error, state: 'the-state', iss: server.issuer })
    t.deepEqual(
      Object.keys(fields).toSorted(),
      ['error', 'error_description', 'error_uri', 'iss', 'state'],
      error,
    )
  }
})
