/** Clients that nobody here wrote sign in with Basic and Digest: curl and Chromium. */
import test from 'ava'
import { openBrowser } from '../helpers/browser.ts'
import { findCurl } from '../helpers/curl.ts'
import { start } from '../helpers/start.ts'

const ALICE = ['-u', 'alice:wonderland']

test('curl -u passes Basic, and a wrong password does not', async (t) => {
  const curl = await findCurl(t)
  if (!curl) return
  const server = await start(t)
  const url = server.url('/challenge/basic')
  const good = await curl(...ALICE, url)
  t.deepEqual([good.code, good.status], [0, [200]])
  t.true(good.text.includes('{"user":"alice","scheme":"Basic"}'))
  t.deepEqual((await curl('-u', 'alice:wonder', url)).status, [401])
  t.deepEqual((await curl('-u', 'carol:choir', url)).status, [401])
  t.deepEqual((await curl(url)).status, [401])
})

test('curl --digest passes Digest, again and again, with the name as its hash', async (t) => {
  const curl = await findCurl(t)
  if (!curl) return
  const server = await start(t)
  const url = server.url('/challenge/digest')
  const verbose = ['-v', '--stderr', '-']
  const { code, status, text } = await curl(
    ...verbose,
    ...['--digest', ...ALICE, url, `${url}?again=1`],
  )
  t.deepEqual([code, status], [0, [200, 200]])
  t.is(text.match(/{"user":"alice","scheme":"Digest"}/g)?.length, 2)
  t.is(text.match(/^> Authorization: Digest username="[0-9a-f]{64}", .*userhash=true/gm)?.length, 2)
  t.is(text.match(/^Authentication-Info: qop=auth, rspauth="[0-9a-f]{64}", /gm)?.length, 2)
  t.deepEqual((await curl('--digest', ...ALICE, '-I', url)).status, [200])
})

test('curl --digest with a wrong password, or for nobody, is refused once and does not try again', async (t) => {
  const curl = await findCurl(t)
  if (!curl) return
  const server = await start(t)
  for (const user of ['alice:wonder', 'nobody:x', 'carol:choir']) {
    const { status, text } = await curl('--digest', '-u', user, server.url('/challenge/digest'))
    t.deepEqual(status, [401])
    t.is(text.match(/^HTTP\/1\.1 401/gm)?.length, 2)
    t.false(text.includes('stale'))
  }
})

test('curl --anyauth finds out which scheme it takes', async (t) => {
  const curl = await findCurl(t)
  if (!curl) return
  const server = await start(t)
  for (const scheme of ['Basic', 'Digest']) {
    const url = server.url(`/challenge/${scheme.toLowerCase()}`)
    const { code, status, text } = await curl('--anyauth', ...ALICE, url)
    t.deepEqual([code, status], [0, [200]])
    t.true(text.includes(`{"user":"alice","scheme":"${scheme}"}`))
    t.regex(text, new RegExp(`^WWW-Authenticate: ${scheme} `, 'm'))
  }
})

for (const scheme of ['Basic', 'Digest'] as const) {
  const path = `/challenge/${scheme.toLowerCase()}`

  test(`Chromium asks for the password and passes ${scheme}, a second time without asking the server`, async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const server = await start(t)
    const httpCredentials = { username: 'alice', password: 'wonderland' }
    const context = await browser.newContext({ httpCredentials })
    const page = await context.newPage()
    for (let visit = 1; visit <= 2; visit++) {
      const response = await page.goto(server.url(path))
      t.is(response?.status(), 200)
      t.deepEqual(await response?.json(), { user: 'alice', scheme })
    }
    if (scheme === 'Basic') return
    const counts = await server.db.onceValue.findMany()
    t.deepEqual(
      counts.map(({ highest }) => highest),
      [2],
      'one nonce served both visits',
    )
  })

  test(`a wrong password in Chromium ends on a page that says so: ${scheme}`, async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const server = await start(t)
    const httpCredentials = { username: 'alice', password: 'wrong' }
    const page = await (await browser.newContext({ httpCredentials })).newPage()
    const response = await page.goto(server.url(path))
    t.is(response?.status(), 401)
    t.true((await page.textContent('body'))?.includes('That name and password do not match.'))
  })
}
