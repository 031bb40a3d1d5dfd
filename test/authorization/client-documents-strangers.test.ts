/**
 * Where a browser is not sent, as nobody but a document says where it would lead (RFC 9700 §4.11.2).
 * One after the other: the engine gives a document 2.5 seconds, which many servers starting at once can use up.
 */
import test from 'ava'
import type { Browser } from '../../scripts/kit/browser.ts'
import { appOf, DOCUMENT, redirectUri } from '../helpers/document-app.ts'
import { startDocumentHost } from '../helpers/document-host.ts'
import { createPerson } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'

const APP = new URL(redirectUri).origin

test.serial(
  'nobody is sent on to an address of a document by a request alone: only once the person uses the app',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    const id = documents.serve('/app.json', DOCUMENT)
    const person = createPerson(server.issuer, appOf(id))
    const faulty: Record<string, string>[] = [
      { prompt: 'none' },
      { scope: 'openid "quoted"' },
      { response_type: 'token' },
      { resource: 'https://nobody.example' },
      { prompt: 'none', response_mode: 'form_post' },
      { prompt: 'none', response_mode: 'jwt' },
      { claims: '{' },
    ]
    const answers = async () => {
      const all = await Promise.all(
        faulty.map((params) => person.browser.open(person.request(params).url)),
      )
      return all.map(({ landed, page }) => landed?.origin ?? page?.status)
    }
    t.deepEqual(new Set(await answers()), new Set([400]))
    // Nor is somebody who is signed in, but has not said yes to this app.
    await person.answerPages(await person.browser.open(createPerson(server.issuer).request().url))
    t.deepEqual(new Set(await answers()), new Set([400]))
    t.deepEqual(await server.db.sessionClient.count({ where: { clientId: id } }), 0)
    // What a person answers, the app is told.
    const no = await person.answerPages(await person.browser.open(person.request().url), {
      decision: 'deny',
    })
    t.is(no.searchParams.get('error'), 'access_denied')
    await person.tokens()
    t.is((await person.browser.open(person.request(faulty[1]).url)).landed?.origin, APP)
    const silent = await person.browser.open(person.request({ prompt: 'none' }).url)
    t.truthy(silent.landed?.searchParams.get('code'))
  },
)

test.serial(
  'nobody is sent on to an address of a document by signing out where nobody is signed in',
  async (t) => {
    const documents = await startDocumentHost(t)
    if (!documents) return
    const server = await start(t)
    const back = `${APP}/bye`
    const id = documents.serve('/app.json', { ...DOCUMENT, post_logout_redirect_uris: [back] })
    const out = (more: Record<string, string> = {}) =>
      `/oauth/logout?${new URLSearchParams({ client_id: id, post_logout_redirect_uri: back, ...more })}`
    const leave = async (browser: Browser, url: string) => {
      const { page } = await browser.open(url)
      // The engine answers for somebody who is not signed in.
      const asks = !page?.text.includes('name="logout" value="yes"/>')
      return page && browser.submit(page, {}, asks ? ['logout', 'yes'] : undefined)
    }
    const stranger = createPerson(server.issuer, appOf(id)).browser
    t.regex((await leave(stranger, out()))?.page?.text ?? '', /You are signed out/)
    const person = createPerson(server.issuer, appOf(id))
    const { id_token } = await person.tokens()
    // Who asks is told by its host: the name can be anybody's.
    const asked = (await person.browser.open(out())).page?.text ?? ''
    t.true(asked.includes(documents.host))
    t.false(asked.includes(DOCUMENT.client_name))
    t.is((await leave(person.browser, out()))?.landed?.href, back)
    // Its session may be over by now.
    const again = await leave(person.browser, out({ id_token_hint: id_token }))
    t.is(again?.landed?.href, back)
  },
)
