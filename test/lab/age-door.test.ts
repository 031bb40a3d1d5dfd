/** Who may age: programs and our own pages, on the local profile; never a page of another origin. */
import test from 'ava'
import { fixedClock } from '../../src/index.ts'
import { age } from '../helpers/age.ts'
import { callApi, createPerson } from '../helpers/person.ts'
import { headerValue, requestOf, sendRaw } from '../helpers/raw-http.ts'
import { start } from '../helpers/start.ts'
import { startProduction } from '../helpers/production.ts'

const BODY = '{"seconds":60}'

const told = ({ status, body }: { status: number; body: string }) => {
  const { type = '' } = JSON.parse(body) as { type?: string }
  return `${status} ${type.split('/').at(-1) ?? ''}`.trim()
}

async function door(...options: Parameters<typeof start>) {
  const server = await start(...options)
  const send = (requestLine: string, lines: readonly string[] = [], body?: string) => {
    const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
    const host = `Host: localhost:${server.port}`
    return sendRaw(
      server.port,
      requestOf([`${requestLine} HTTP/1.1`, host, ...lines, ...length], body),
    )
  }
  const age = (lines: readonly string[] = [], body = BODY) =>
    send('POST /lab/age', ['Content-Type: application/json', ...lines], body)
  return { ...server, send, age }
}

for (const [rule, line] of [
  ['of another site', 'Origin: https://evil.example'],
  ['of another port', 'Origin: http://localhost:3000'],
  ['that hides its origin', 'Origin: null'],
  ['that browsers call cross-site', 'Sec-Fetch-Site: cross-site'],
  ['that browsers call same-site', 'Sec-Fetch-Site: same-site'],
] as const) {
  test(`a page ${rule} is refused at every instrument, reading included, and nothing is aged`, async (t) => {
    const { age, send, db } = await door(t)
    t.is(told(await age([line])), '403 cross-site-form')
    for (const target of ['/lab', '/lab/age', '/lab/mint', '/doctor', '/doctor/some-id']) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        t.is(told(await send(`${method} ${target}`, [line])), '403 cross-site-form', target)
      }
      t.is((await send(`HEAD ${target}`, [line])).status, 403)
    }
    t.is(await db.ageing.count(), 0)
    // Only they: what is for everybody is still there.
    t.is((await send('GET /refusals', [line])).status, 200)
    t.is(told(await send('GET /laboratory', [line])), '404 not-found')
  })
}

test('a program, our own page, and what a person opens are let in', async (t) => {
  const { age, issuer } = await door(t)
  for (const lines of [
    [],
    ['Sec-Fetch-Site: none'],
    [`Origin: ${issuer}`, 'Sec-Fetch-Site: same-origin'],
  ]) {
    const response = await age(lines)
    t.is(response.status, 200, lines.join())
    t.is(headerValue(response, 'cache-control'), 'no-store')
  }
})

for (const [rule, body, expected] of [
  ['no seconds', '{}', '422 invalid-input'],
  ['seconds that are text', '{"seconds":"60"}', '422 invalid-input'],
  ['half a second', '{"seconds":0.5}', '422 invalid-input'],
  ['none at all', '{"seconds":0}', '422 invalid-input'],
  ['a step back', '{"seconds":-60}', '422 invalid-input'],
  ['more than ten years', '{"seconds":315360001}', '422 invalid-input'],
  ['more than a number can be', '{"seconds":1e400}', '422 invalid-input'],
  ['a member nobody knows', '{"seconds":60,"minutes":1}', '422 invalid-input'],
  ['a list', '[60]', '422 invalid-input'],
  ['what is no JSON', 'seconds=60', '400 body-malformed'],
] as const) {
  test(`${rule}: refused, and nothing is aged`, async (t) => {
    const { age, db } = await door(t)
    t.is(told(await age([], body)), expected)
    t.is(await db.ageing.count(), 0)
  })
}

test('a form is refused for its type, and reading is no way to age', async (t) => {
  const { send } = await door(t)
  const form = await send(
    'POST /lab/age',
    ['Content-Type: application/x-www-form-urlencoded'],
    'seconds=60',
  )
  t.is(told(form), '415 unsupported-media-type')
  t.is(headerValue(form, 'accept'), 'application/json')
  const get = await send('GET /lab/age')
  t.is(told(get), '405 method-not-allowed')
  t.is(headerValue(get, 'allow'), 'POST')
})

test('a server whose own clock stands still ages all the same', async (t) => {
  const server = await start(t, { clock: fixedClock(Date.now() + 60_000) })
  const { access_token } = await createPerson(server.issuer).tokens()
  const whoami = async () => (await callApi(server.url('/api/whoami'), access_token)).status
  t.is(await whoami(), 200)
  await age(server, 600)
  t.is(await whoami(), 401)
})

test('ten years are taken', async (t) => {
  const { age } = await door(t)
  t.is((await age([], '{"seconds":315360000}')).status, 200)
})

test('production has neither lab nor doctor: nothing is there, whoever asks', async (t) => {
  const server = await startProduction(t)
  const send = (requestLine: string, lines: readonly string[], body = '') =>
    sendRaw(
      server.port,
      requestOf(
        [
          `${requestLine} HTTP/1.1`,
          'Host: id.example.com',
          'X-Forwarded-Proto: https',
          'Content-Type: application/json',
          `Content-Length: ${body.length}`,
          ...lines,
        ],
        body,
      ),
    )
  for (const lines of [[], ['Origin: https://evil.example']]) {
    t.is(told(await send('POST /lab/age', lines, BODY)), '404 not-found')
    for (const target of ['/lab', '/lab/age', '/doctor', '/doctor/some-id']) {
      t.is(told(await send(`GET ${target}`, lines)), '404 not-found', target)
    }
  }
  t.is(await server.db.ageing.count(), 0)
})
