/** What discovery says of `prompt` is what each value does (OpenID Connect Core 1.0 §3.1.2.1). */
import test from 'ava'
import { age } from '../helpers/age.ts'
import { claimsOf, createPerson, isConsent, isLogin, signIn } from '../helpers/person.ts'
import { start, type TestServer } from '../helpers/start.ts'

/** Somebody who is signed in and has allowed all that is asked for, so that nothing but `prompt` leads to a page. */
async function knownPerson(server: TestServer) {
  const person = createPerson(server.issuer)
  const before = await person.tokens()
  await age(server, 100)
  const ask = (prompt: string) => person.browser.open(person.request({ prompt }).url)
  return { person, ask, signedInAt: Number(claimsOf(before.id_token)['iat']) - 100 }
}

/** One test for each value that discovery names: another one there fails for want of it. */
const does = {
  none: async (server: TestServer) => {
    const { ask } = await knownPerson(server)
    const { landed, page } = await ask('none')
    const stranger = createPerson(server.issuer)
    const refused = await stranger.browser.open(stranger.request({ prompt: 'none' }).url)
    return (
      page === undefined &&
      landed.searchParams.has('code') &&
      refused.landed?.searchParams.get('error') === 'login_required'
    )
  },
  login: async (server: TestServer) => {
    const { ask, person, signedInAt } = await knownPerson(server)
    const { page } = await ask('login')
    if (!page || !isLogin(page)) return false
    const { code, pkce } = await person.code({ prompt: 'login' })
    const { body } = await person.redeem(code, pkce)
    return Number(claimsOf(body.id_token ?? '')['auth_time']) > signedInAt
  },
  consent: async (server: TestServer) => {
    const { ask, person } = await knownPerson(server)
    const { page } = await ask('consent')
    if (!page || !isConsent(page)) return false
    const { landed } = await person.browser.submit(page, {}, ['decision', 'deny'])
    return landed?.searchParams.get('error') === 'access_denied'
  },
}

test('every value of prompt that discovery names works, and no other is named', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/.well-known/openid-configuration'))
  const { prompt_values_supported: named } = (await response.json()) as Record<string, string[]>
  t.deepEqual(named, Object.keys(does))
  for (const [value, works] of Object.entries(does)) t.true(await works(server), value)
})

test('a value that is not named is refused, and so is one beside none; nobody is shown a page', async (t) => {
  const server = await start(t)
  const { ask } = await knownPerson(server)
  for (const prompt of [
    'select_account',
    'create',
    'nobody-knows',
    'login select_account',
    'none login',
    'none consent',
  ]) {
    const { landed, page } = await ask(prompt)
    t.is(page, undefined, prompt)
    t.is(landed?.searchParams.get('error'), 'invalid_request', prompt)
    t.is(landed?.searchParams.get('error_uri'), server.url('/refusals/authz-invalid-request'))
  }
})

test('login and consent together are both asked for', async (t) => {
  const server = await start(t)
  const { ask, person } = await knownPerson(server)
  const { page } = await ask('login consent')
  t.true(page && isLogin(page))
  const next = page && (await signIn(person.browser, page)).page
  t.true(next && isConsent(next))
})
