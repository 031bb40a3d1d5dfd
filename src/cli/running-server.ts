/** How a command asks the server that is running, over HTTP, and what it says when there is none. */
import { readConfig } from './read-config.ts'
import { printable } from './table.ts'
import { UsageFault } from './usage-fault.ts'

/** A sentence, or several where the server named every fault, printed without a stack; the exit code is 1. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault'
  readonly faults: readonly string[]
  /** The refusal's id where the server refused. */
  readonly refusal: string | undefined

  constructor(sentence: string, refusal?: string, more: readonly string[] = []) {
    super(sentence)
    // They quote what a stranger may have sent.
    this.faults = [sentence, ...more].map(printable)
    this.refusal = refusal
  }
}

/** For the options of a command, beside `urlHelp` in its help. */
export const urlOption = { url: { type: 'string' } } as const

export const urlHelp =
  '  --url <origin>  Where the server is. Unless told: the issuer of the settings here.'

/**
 * The origin of the server a command is meant for: `--url`, or the issuer of the settings.
 *
 * @throws {UsageFault} for a `--url` that is no origin
 * @throws {ServerFault} where the settings name no server with a lab and a doctor
 */
export function serverOrigin(
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (url === undefined) {
    const { config } = readConfig(env)
    if (config.profile === 'production') {
      throw new ServerFault('PROFILE=production has no lab and no doctor.')
    }
    if (new URL(config.issuer).port === '0') {
      throw new ServerFault('PORT=0 is any free port; say with --url which one it was.')
    }
    return config.issuer
  }
  const parsed = URL.parse(url)
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed.origin
  throw new UsageFault(`--url is "${url}"; give an origin such as "http://localhost:4010".`)
}

/** Milliseconds. */
const PATIENCE = 30_000

/**
 * Resolves with the JSON of a good answer, whose shape is for the caller to know.
 *
 * @param question.url the server's origin
 * @param question.body sent as JSON
 * @throws {ServerFault} when nothing listens there, what listens is no Countersign, or it refuses
 */
export async function askServer(question: {
  url: string
  path: string
  method?: 'GET' | 'POST'
  body?: unknown
}): Promise<unknown> {
  const { url, path, method = 'GET', body } = question
  const { ok, headers, text } = await send(new URL(path, url), {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE),
  })
  const answer = parse(text)
  // Every answer of ours has a request id.
  if (ok && answer !== undefined && headers.has('x-request-id')) return answer
  const problem = (answer ?? {}) as Partial<Record<string, unknown>>
  const { type, title, detail, instance, faults } = problem
  const refusal = /\/refusals\/([\w-]+)$/.exec(String(type))?.[1]
  if (refusal === undefined) {
    throw new ServerFault(`What answers at ${url} is no Countersign server.`)
  }
  if (refusal === 'not-found') {
    throw new ServerFault(
      `The server at ${url} has no ${path}; with PROFILE=production there is no lab and no doctor.`,
      refusal,
    )
  }
  if (Array.isArray(faults)) {
    const [first, ...more] = faults.map(String)
    throw new ServerFault(first ?? String(title), refusal, more)
  }
  const why = /^https?:/.test(String(instance)) ? ` Why: ${String(instance)}` : ''
  throw new ServerFault(
    `The server at ${url} refused: ${String(title)}. ${String(detail)}.${why}`,
    refusal,
  )
}

async function send(
  url: URL,
  init: RequestInit,
): Promise<{ ok: boolean; headers: Headers; text: string }> {
  try {
    const response = await fetch(url, init)
    return { ok: response.ok, headers: response.headers, text: await response.text() }
  } catch (error) {
    throw new ServerFault(sentenceFor(url.origin, error))
  }
}

function sentenceFor(origin: string, error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: NodeJS.ErrnoException }
  if (name === 'TimeoutError') {
    return `The server at ${origin} did not answer within ${PATIENCE / 1000} seconds.`
  }
  if (cause?.code === 'ECONNREFUSED') {
    return `Nothing listens at ${origin}; run "countersign start", or say with --url where the server is.`
  }
  return `${origin} cannot be reached (${cause?.code ?? cause?.message ?? String(error)}).`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
