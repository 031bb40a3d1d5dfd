/** Request bodies, read once and within limits, as JSON (RFC 8259) or as a form; and what the caller accepts in return. */
import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import getRawBody from 'raw-body'
import type { RefusalId } from '../refusals/catalogue.ts'
import { refuse, type Evidence } from '../refusals/refusal.ts'

/** Bytes. No address takes more, whatever limit of its own it has. */
export const MAX_BODY = 64 * 1024

export type BodyOptions = {
  /** Bytes; 64 KiB unless given, and at most. */
  limit?: number
}

export type Form = {
  /** The field's value; undefined when absent. Refuses a field that stands there more than once. */
  get(name: string): string | undefined
  getAll(name: string): string[]
  /** Names of the fields that stand there more than once, in order. */
  repeated: readonly string[]
}

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Refuses with unsupported-media-type, content-too-large or body-malformed. Does NOT check what the value is. */
export async function readJson(ctx: Context, options?: BodyOptions): Promise<unknown> {
  const text = await readText(ctx, JSON_TYPE, options)
  if (text === '') malformed('json', 'a JSON text', 'an empty body')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    malformed('json', 'a JSON text', 'something else')
  }
  // Found in the text, as walking a deeply nested value would exhaust the stack.
  if (/(?<!\\)(?:\\\\)*\\u0000/.test(text))
    malformed('nul', 'no NUL characters', String.raw`\u0000`)
  return value
}

/** Refuses with unsupported-media-type, content-too-large or body-malformed. */
export async function readForm(ctx: Context, options?: BodyOptions): Promise<Form> {
  const text = await readText(ctx, FORM_TYPE, options)
  const fields = new Map<string, string[]>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1))
    const values = fields.get(name)
    if (values) values.push(value)
    else fields.set(name, [value])
  }
  const getAll = (name: string) => fields.get(name) ?? []
  return {
    get(name) {
      const [value, ...more] = getAll(name)
      if (more.length > 0) malformed('fields', `${name} once`, `${more.length + 1} times`)
      return value
    },
    getAll,
    repeated: [...fields].filter(([, values]) => values.length > 1).map(([name]) => name),
  }
}

/**
 * The body as text, whatever its type; undefined when it cannot be read. Never refuses: who reads the same
 * request with `readJson` or `readForm` later is told why.
 */
export async function readBodyOnce(ctx: Context): Promise<string | undefined> {
  const body = await readBytes(ctx.req)
  return body.outcome === 'read' ? body.text : undefined
}

/** The first of these types that the caller likes best; refuses with not-acceptable. */
export function requireAcceptable<T extends string>(ctx: Context, ...types: [T, ...T[]]): T {
  const accepted = ctx.accepts(...types)
  if (accepted === false) {
    refuse('not-acceptable', {
      check: 'accept',
      expected: types,
      found: ctx.get('Accept').slice(0, 200),
    })
  }
  return accepted as T
}

async function readText(
  ctx: Context,
  type: string,
  { limit = MAX_BODY }: BodyOptions = {},
): Promise<string> {
  const { request } = ctx
  const charset = request.charset.toLowerCase()
  if (request.type.toLowerCase() !== type || !['', 'utf-8', 'utf8'].includes(charset)) {
    const found = ctx.get('Content-Type').slice(0, 200)
    refuse(
      'unsupported-media-type',
      { check: 'content-type', expected: type, found },
      { Accept: type },
    )
  }
  const coding = ctx.get('Content-Encoding').toLowerCase()
  if (coding !== '' && coding !== 'identity') {
    refuse(
      'unsupported-media-type',
      { check: 'content-encoding', expected: 'identity', found: coding.slice(0, 200) },
      { Accept: type, 'Accept-Encoding': 'identity' },
    )
  }
  // Known before anything is read, so that a client that waits for 100 Continue sends nothing.
  const announced = Number(ctx.get('Content-Length'))
  if (announced > limit) tooLarge(limit, announced)
  const body = await readBytes(ctx.req)
  if (body.outcome === 'failed') refuse(body.id, body.evidence)
  if (body.size > limit) tooLarge(limit, body.size)
  return body.text
}

type Body =
  | { outcome: 'read'; text: string; size: number }
  | { outcome: 'failed'; id: RefusalId; evidence: Evidence }

/** A body can be read from the connection once; whoever comes second gets what the first one got. */
const bodies = new WeakMap<IncomingMessage, Promise<Body>>()

function readBytes(req: IncomingMessage): Promise<Body> {
  let body = bodies.get(req)
  if (!body) {
    body = readFromConnection(req)
    bodies.set(req, body)
  }
  return body
}

async function readFromConnection(req: IncomingMessage): Promise<Body> {
  const length = req.headers['content-length']
  let bytes: Buffer
  try {
    bytes = await getRawBody(req, { limit: MAX_BODY, ...(length !== undefined && { length }) })
  } catch (error) {
    const { type, message } = error as getRawBody.RawBodyError
    if (type === 'entity.too.large') {
      const evidence = { check: 'length', expected: `at most ${MAX_BODY} bytes`, found: 'more' }
      return { outcome: 'failed', id: 'content-too-large', evidence }
    }
    const evidence = { check: 'body', expected: 'the whole body', found: message }
    return { outcome: 'failed', id: 'body-malformed', evidence }
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { outcome: 'read', text, size: bytes.length }
  } catch {
    const evidence = { check: 'utf-8', expected: 'UTF-8', found: 'other bytes' }
    return { outcome: 'failed', id: 'body-malformed', evidence }
  }
}

function decode(text: string): string {
  let value: string
  try {
    value = decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    malformed('percent-encoding', 'UTF-8 in percent-encoding', 'something else')
  }
  if (value.includes('\0')) malformed('nul', 'no NUL characters', '%00')
  return value
}

function malformed(check: string, expected: string, found: string): never {
  refuse('body-malformed', { check, expected, found })
}

function tooLarge(limit: number, found: number): never {
  refuse('content-too-large', { check: 'length', expected: `at most ${limit} bytes`, found })
}
