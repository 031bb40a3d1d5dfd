import test, { type ExecutionContext } from 'ava'
import type { Middleware } from 'koa'
import {
  MAX_BODY,
  readBodyOnce,
  readForm,
  readJson,
  requireAcceptable,
} from '../../src/web/request-body.ts'
import { headerValue, requestOf, sendRaw, type RawResponse } from '../helpers/raw-http.ts'
import { startEdge } from './edge-server.ts'

const LIMIT = 100
const json: Middleware = async (ctx) => {
  ctx.body = { value: await readJson(ctx, { limit: LIMIT }) }
}
const form: Middleware = async (ctx) => {
  const fields = await readForm(ctx, { limit: LIMIT })
  ctx.body = { a: fields.getAll('a'), b: fields.get('b') ?? null, repeated: fields.repeated }
}

async function post(
  t: ExecutionContext,
  app: Middleware,
  type: string | undefined,
  body: string | Buffer,
  lines: string[] = [],
): Promise<RawResponse & { ids: string[] }> {
  const server = await startEdge(t, { app })
  const bytes = Buffer.from(body)
  const head = requestOf([
    'POST / HTTP/1.1',
    `Host: localhost:${server.port}`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...(lines.some((line) => line.startsWith('Transfer-Encoding'))
      ? []
      : [`Content-Length: ${bytes.length}`]),
    ...lines,
  ])
  const answer = await sendRaw(server.port, Buffer.concat([Buffer.from(head, 'latin1'), bytes]))
  return { ...answer, ids: server.refused.map(({ id }) => id) }
}

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

const goodJson: [rule: string, body: string, value: unknown, type?: string][] = [
  ['an object', '{"a":"é"}', { a: 'é' }],
  ['a charset', '{}', {}, 'application/json; charset=UTF-8'],
  ['other letters in the type', '{}', {}, 'Application/JSON'],
  ['a byte order mark', '\uFEFF{}', {}],
  ['a backslash before u0000 that is escaped itself', String.raw`"\\u0000"`, String.raw`\u0000`],
  ['exactly the limit', `"${'a'.repeat(LIMIT - 2)}"`, 'a'.repeat(LIMIT - 2)],
]

for (const [rule, body, value, type = JSON_TYPE] of goodJson) {
  test(`a JSON body is read: ${rule}`, async (t) => {
    const answer = await post(t, json, type, body)
    t.is(answer.status, 200)
    t.deepEqual(JSON.parse(answer.body), { value })
  })
}

const badJson: [
  rule: string,
  body: string | Buffer,
  status: number,
  id: string,
  type?: string,
  lines?: string[],
][] = [
  ['broken', '{"a":', 400, 'body-malformed'],
  ['empty', '', 400, 'body-malformed'],
  ['not UTF-8', Buffer.from('"\xE9"', 'latin1'), 400, 'body-malformed'],
  ['a NUL', String.raw`{"a":"x\u0000y"}`, 400, 'body-malformed'],
  ['a NUL behind an escaped backslash', String.raw`"\\\u0000"`, 400, 'body-malformed'],
  ['a NUL in a name', String.raw`{"\u0000":1}`, 400, 'body-malformed'],
  ['too large', `"${'a'.repeat(LIMIT)}"`, 413, 'content-too-large'],
  ['another type', '{}', 415, 'unsupported-media-type', 'text/plain'],
  ['a type that begins alike', '{}', 415, 'unsupported-media-type', 'application/json5'],
  ['another charset', '{}', 415, 'unsupported-media-type', 'application/json; charset=utf-16'],
  ['compressed', '{}', 415, 'unsupported-media-type', JSON_TYPE, ['Content-Encoding: gzip']],
]

for (const [rule, body, status, id, type = JSON_TYPE, lines = []] of badJson) {
  test(`a JSON body is refused as ${id}: ${rule}`, async (t) => {
    const answer = await post(t, json, type, body, lines)
    t.is(answer.status, status)
    t.deepEqual(answer.ids, [id])
    t.is(headerValue(answer, 'accept'), status === 415 ? 'application/json' : undefined)
  })
}

test('a body without a type is refused with the type that is taken', async (t) => {
  const answer = await post(t, json, undefined, '{}')
  t.is(answer.status, 415)
  t.is(headerValue(answer, 'accept'), 'application/json')
})

test('a compressed body is told that it may not be', async (t) => {
  const answer = await post(t, json, JSON_TYPE, '{}', ['Content-Encoding: br'])
  t.is(headerValue(answer, 'accept-encoding'), 'identity')
})

test('a deeply nested body does not exhaust the stack', async (t) => {
  const deep: Middleware = async (ctx) => {
    await readJson(ctx)
    ctx.body = {}
  }
  const answer = await post(t, deep, JSON_TYPE, '['.repeat(30_000) + ']'.repeat(30_000))
  t.is(answer.status, 200)
})

test('a body without a length is held to the limit too', async (t) => {
  const chunk = 'a'.repeat(MAX_BODY + 1)
  const answer = await post(
    t,
    json,
    JSON_TYPE,
    `${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`,
    ['Transfer-Encoding: chunked'],
  )
  t.is(answer.status, 413)
  t.deepEqual(answer.ids, ['content-too-large'])
})

test('a body that is announced as too large is refused before it is sent', async (t) => {
  const server = await startEdge(t, { app: json })
  const answer = await sendRaw(
    server.port,
    requestOf([
      'POST / HTTP/1.1',
      `Host: localhost:${server.port}`,
      `Content-Type: ${JSON_TYPE}`,
      `Content-Length: ${50 * 1024 * 1024}`,
    ]),
  )
  t.is(answer.status, 413)
})

test('a form is read: plus, percent-encoding, empty fields, fields without a value', async (t) => {
  const answer = await post(t, form, FORM_TYPE, 'a=1+2&a=%C3%A9%2B&&b&c=')
  t.is(answer.status, 200)
  t.deepEqual(JSON.parse(answer.body), { a: ['1 2', 'é+'], b: '', repeated: ['a'] })
})

test('a field that may stand there once is refused when it stands there twice', async (t) => {
  const answer = await post(t, form, FORM_TYPE, 'b=1&b=2')
  t.is(answer.status, 400)
  t.deepEqual(answer.ids, ['body-malformed'])
})

const badForm: [rule: string, body: string | Buffer, status: number, type?: string][] = [
  ['broken percent-encoding', 'a=%zz', 400],
  ['percent-encoding that is not UTF-8', 'a=%E9', 400],
  ['bytes that are not UTF-8', Buffer.from('a=\xE9', 'latin1'), 400],
  ['a NUL', 'a=%00', 400],
  ['a bare NUL', 'a=\0', 400],
  ['too large', `a=${'a'.repeat(LIMIT)}`, 413],
  ['JSON', '{}', 415, JSON_TYPE],
  ['several parts', '', 415, 'multipart/form-data; boundary=x'],
]

for (const [rule, body, status, type = FORM_TYPE] of badForm) {
  test(`a form is refused: ${rule}`, async (t) => {
    const answer = await post(t, form, type, body)
    t.is(answer.status, status)
    t.is(headerValue(answer, 'accept'), status === 415 ? FORM_TYPE : undefined)
  })
}

test('a body can be looked at before it is read, and is the same for both', async (t) => {
  const app: Middleware = async (ctx) => {
    const text = await readBodyOnce(ctx)
    ctx.body = { text, value: await readJson(ctx) }
  }
  const answer = await post(t, app, JSON_TYPE, '{"a":1}')
  t.deepEqual(JSON.parse(answer.body), { text: '{"a":1}', value: { a: 1 } })
})

test('looking at a body never refuses: whoever reads it does', async (t) => {
  const looked: unknown[] = []
  const app: Middleware = async (ctx) => {
    looked.push(await readBodyOnce(ctx))
    await readJson(ctx, { limit: MAX_BODY })
  }
  const answer = await post(t, app, JSON_TYPE, 'a'.repeat(MAX_BODY + 1))
  t.deepEqual(looked, [undefined])
  t.is(answer.status, 413)
})

test('what the caller accepts decides the type, and nothing acceptable is refused', async (t) => {
  const app: Middleware = (ctx) => {
    ctx.body = { type: requireAcceptable(ctx, 'application/json', 'text/html') }
  }
  const get = async (accept: string) => {
    const server = await startEdge(t, { app })
    return sendRaw(
      server.port,
      requestOf(['GET / HTTP/1.1', `Host: localhost:${server.port}`, `Accept: ${accept}`]),
    )
  }
  t.deepEqual(JSON.parse((await get('*/*')).body), { type: 'application/json' })
  t.deepEqual(JSON.parse((await get('text/html;q=0.9, application/json;q=0.1')).body), {
    type: 'text/html',
  })
  t.is((await get('image/png')).status, 406)
})
