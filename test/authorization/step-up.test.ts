import test from 'ava'
import { Secret, TOTP } from 'otpauth'
import { ACR_MFA, ACR_PASSWORD } from '../../src/lib/acr.ts'
import {
  claimsOf,
  createPerson,
  isConsent,
  isLogin,
  isSecondStep,
  shownCode,
  signIn,
} from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const ASKS_MFA = { scope: 'openid transfers:write', acr_values: ACR_MFA }

test('acr_values asks for a one-time code after the password, and the tokens say so', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const { url, pkce } = person.request(ASKS_MFA)
  const login = await person.browser.open(url)
  t.true(login.page && isLogin(login.page))
  const step = login.page && (await signIn(person.browser, login.page))
  t.true(step?.page && isSecondStep(step.page))
  if (!step?.page) return
  const back = await person.answerPages(
    await person.browser.submit(step.page, { code: shownCode(step.page) }),
  )
  const { body } = await person.redeem(back.searchParams.get('code') ?? '', pkce)
  const access = claimsOf(body.access_token ?? '')
  t.is(access['acr'], ACR_MFA)
  t.is(typeof access['auth_time'], 'number')
  const id = claimsOf(body.id_token ?? '')
  t.is(id['acr'], ACR_MFA)
})

test('a session by password is asked for the code alone, and its time of sign-in stays', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const before = claimsOf((await person.tokens({ scope: 'openid transfers:write' })).access_token)
  t.is(before['acr'], ACR_PASSWORD)
  const { url, pkce } = person.request(ASKS_MFA)
  const step = await person.browser.open(url)
  t.true(step.page && isSecondStep(step.page), 'no password is asked for')
  if (!step.page) return
  const back = await person.answerPages(
    await person.browser.submit(step.page, { code: shownCode(step.page) }),
  )
  const { body } = await person.redeem(back.searchParams.get('code') ?? '', pkce)
  const after = claimsOf(body.access_token ?? '')
  t.deepEqual([after['acr'], after['auth_time']], [ACR_MFA, before['auth_time']])
  // From now on the session is as strong as that.
  t.truthy((await person.browser.open(person.request(ASKS_MFA).url)).landed)
})

test('with prompt=none a missing second step is interaction_required, and nobody is shown a page', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  await person.tokens({ scope: 'openid transfers:write' })
  const { landed } = await person.browser.open(person.request({ ...ASKS_MFA, prompt: 'none' }).url)
  t.is(landed?.searchParams.get('error'), 'interaction_required')
  t.is(landed?.searchParams.get('error_uri'), server.url('/refusals/authz-interaction-required'))
})

for (const acrValues of ['urn:hw', 'urn:hw urn:other']) {
  test(`acr_values nobody can meet fail at once: ${acrValues}`, async (t) => {
    const server = await start(t)
    const person = createPerson(server.issuer)
    const { url } = person.request({ scope: 'openid', acr_values: acrValues })
    const { landed } = await person.browser.open(url)
    t.deepEqual(
      ['error', 'error_description', 'state', 'iss'].map((name) => landed?.searchParams.get(name)),
      [
        'unmet_authentication_requirements',
        'The requested authentication level cannot be reached',
        'the-state',
        server.issuer,
      ],
    )
  })
}

test('of several acr_values the weakest will do', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const acr_values = `urn:hw ${ACR_MFA} ${ACR_PASSWORD}`
  const tokens = await person.tokens({ scope: 'openid notes:read', acr_values })
  t.is(claimsOf(tokens.access_token)['acr'], ACR_PASSWORD)
})

test('a person without a second step is not left at a page: the app is told', async (t) => {
  const server = await start(t)
  await server.db.account.updateMany({ where: { sub: 'bob' }, data: { totpSecret: null } })
  const person = createPerson(server.issuer)
  const login = await person.browser.open(person.request(ASKS_MFA).url)
  const { landed } = (login.page && (await signIn(person.browser, login.page, 'bob'))) ?? {}
  t.is(landed?.searchParams.get('error'), 'unmet_authentication_requirements')
})

test('a wrong code is refused on the page with 403, and does not sign in', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const login = await person.browser.open(person.request(ASKS_MFA).url)
  const step = login.page && (await signIn(person.browser, login.page))
  if (!step?.page) return t.fail()
  const wrong = shownCode(step.page) === '000000' ? '111111' : '000000'
  for (const code of [wrong, '', 'abcdef', '12345', `${wrong}0`]) {
    const { page } = await person.browser.submit(step.page, { code })
    t.is(page?.status, 403)
    t.regex(page?.text ?? '', /That code does not match/)
  }
  // What was typed with the password leads nowhere by itself.
  const resume = await person.browser.open(
    step.page.url.href.replace('/interaction/', '/oauth/authorize/').replace('/login', ''),
  )
  t.true(resume.page && (isSecondStep(resume.page) || isLogin(resume.page)))
  t.false(resume.page && isConsent(resume.page))
})

test('a code is good once', async (t) => {
  const server = await start(t)
  const code = async (person: ReturnType<typeof createPerson>, used?: string) => {
    const login = await person.browser.open(person.request(ASKS_MFA).url)
    const step = login.page && (await signIn(person.browser, login.page))
    if (!step?.page) throw new Error('no second step')
    const typed = used ?? shownCode(step.page)
    return { typed, next: await person.browser.submit(step.page, { code: typed }) }
  }
  const first = await code(createPerson(server.issuer))
  t.true(first.next.page && isConsent(first.next.page))
  const second = await code(createPerson(server.issuer), first.typed)
  t.is(second.next.page?.status, 403)
  const third = await code(createPerson(server.issuer))
  t.not(third.typed, first.typed, 'the page shows the next one')
  t.true(third.next.page && isConsent(third.next.page))
})

test('the code is what any authenticator shows (RFC 6238), and only seeded people are shown theirs', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const login = await person.browser.open(person.request(ASKS_MFA).url)
  await server.db.account.updateMany({ where: { sub: 'alice' }, data: { seeded: false } })
  const step = login.page && (await signIn(person.browser, login.page))
  if (!step?.page) return t.fail()
  t.is(shownCode(step.page), '')
  const secret = Secret.fromBase32((await server.accounts.totpSecretOf('alice')) ?? '')
  const code = new TOTP({ secret }).generate()
  const next = await person.browser.submit(step.page, {
    code: `${code.slice(0, 3)} ${code.slice(3)}`,
  })
  t.true(next.page && isConsent(next.page))
})

test('ten wrong codes are all a person is given in five minutes', async (t) => {
  const server = await start(t)
  const person = createPerson(server.issuer)
  const login = await person.browser.open(person.request(ASKS_MFA).url)
  const step = login.page && (await signIn(person.browser, login.page))
  if (!step?.page) return t.fail()
  const right = shownCode(step.page)
  for (let i = 0; i < 10; i++) {
    t.is((await person.browser.submit(step.page, { code: 'abcdef' })).page?.status, 403)
  }
  const { page } = await person.browser.submit(step.page, { code: right })
  t.is(page?.status, 429)
  t.regex(page?.headers.get('retry-after') ?? '', /^\d+$/)
  t.regex(page?.text ?? '', /Too many tries/)
})
