import test from 'ava'
import { createPerson } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

/** Where the button of a page leads; undefined without one. */
function buttonOf(text: string): { href: string; label: string } | undefined {
  const [, href, label] = /<a class="button" href="([^"]*)">([^<]*)<\/a>/.exec(text) ?? []
  return href === undefined || label === undefined
    ? undefined
    : { href: href.replaceAll('&amp;', '&'), label }
}

const asBrowser = (headers = {}) => ({ headers: { accept: 'text/html,*/*;q=0.8', ...headers } })

test('a page of the API says the plain sentence, keeps the technical part folded, and leads to a sign-in and back', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/api/notes'), asBrowser())
  const text = await response.text()
  t.is(response.status, 401)
  t.is(/<h1>([^<]*)<\/h1>/.exec(text)?.[1], 'Please sign in to see this.')
  t.false(/<details open/.test(text))
  const button = buttonOf(text)
  t.is(button?.label, 'Sign in')
  const url = new URL(button?.href ?? '')
  t.deepEqual(
    ['scope', 'client_id', 'state'].map((name) => url.searchParams.get(name)),
    ['openid notes:read', 'web', 'demo /api/notes'],
  )
  const arrival = await createPerson(server.issuer).browser.open(url)
  const back = await walkTo(server.issuer, url)
  t.truthy(arrival.page)
  t.regex(back, /Then go back to where you were/)
  t.regex(
    back,
    new RegExp(`Bearer TOKEN&quot; ${server.url('/api/notes')}|${server.url('/api/notes')}<`),
  )
})

/** Signs in by way of this address; the text of the demo's page. */
async function walkTo(issuer: string, url: URL): Promise<string> {
  const { browser } = createPerson(issuer)
  let next = await browser.open(url)
  while (next.page && !next.page.url.pathname.startsWith('/demo/')) {
    const { page } = next
    next = page.text.includes('name="password"')
      ? await browser.submit(page, { login: 'alice', password: 'wonderland' })
      : await browser.submit(page, { scope: ['notes:read'] }, ['decision', 'allow'])
  }
  return next.page?.text ?? ''
}

test('who lacks a scope is led to where it can be allowed', async (t) => {
  const server = await start(t)
  const { access_token } = await createPerson(server.issuer).tokens({ scope: 'openid notes:read' })
  const response = await fetch(server.url('/api/notes'), {
    ...asBrowser({ authorization: `Bearer ${access_token}` }),
    method: 'POST',
  })
  t.is(response.status, 403)
  const button = buttonOf(await response.text())
  t.is(button?.label, 'Allow it')
  t.is(new URL(button?.href ?? '').searchParams.get('scope'), 'openid notes:write')
})

test('who needs a second step is led to it, with level, age and scope', async (t) => {
  const server = await start(t)
  const scope = 'openid transfers:write'
  const { access_token } = await createPerson(server.issuer).tokens({ scope })
  const response = await fetch(server.url('/api/transfers'), {
    ...asBrowser({ authorization: `Bearer ${access_token}` }),
    method: 'POST',
  })
  t.is(response.status, 401)
  const button = buttonOf(await response.text())
  t.is(button?.label, 'Confirm it is you')
  const params = new URL(button?.href ?? '').searchParams
  t.deepEqual(
    ['scope', 'acr_values', 'max_age'].map((name) => params.get(name)),
    [scope, 'urn:countersign:mfa', '300'],
  )
})

test('who has to wait can try again, and who is lost finds the front page', async (t) => {
  const server = await start(t)
  const { access_token } = await createPerson(server.issuer).tokens({ scope: 'openid notes:read' })
  const init = asBrowser({ authorization: `Bearer ${access_token}` })
  for (let i = 0; i < 5; i++) await fetch(server.url('/api/limited'), init)
  const limited = await fetch(server.url('/api/limited'), init)
  t.is(limited.status, 429)
  t.deepEqual(buttonOf(await limited.text()), { href: '/api/limited', label: 'Try again' })
  const lost = await fetch(server.url('/nowhere'), asBrowser())
  t.deepEqual(buttonOf(await lost.text()), { href: '/', label: 'To the front page' })
})

test('who came from an app is not led to a page for developers', async (t) => {
  const server = await start(t)
  const response = await fetch(server.url('/oauth/authorize?client_id=nope'), asBrowser())
  const text = await response.text()
  t.is(response.status, 400)
  t.regex(text, /We do not know the app that sent you here\./)
  t.is(buttonOf(text), undefined)
})
