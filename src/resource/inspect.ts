/**
 * A call that nobody makes: a pasted request, or a token in the request that would carry it, brought
 * to the facts that the guard would judge it by. Nothing is sent, remembered or used up.
 */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import { newCall } from './call.ts'
import type { GatheredFact } from './call.ts'
import { checksFor } from './checks.ts'
import { isDpop } from './credentials.ts'
import { noFacts } from './facts.ts'
import type { FactName, Facts, Wanted } from './facts.ts'
import { createGather } from './gather.ts'
import type { GatherPorts } from './gather.ts'

export type WrittenCall = {
  method: string
  /** Origin form. */
  target: string
  headers: readonly (readonly [name: string, value: string])[]
  body?: string | undefined
  /** What is judged as the token where the call carries none that could be read. */
  token?: string | undefined
}

export type Inspect = (call: WrittenCall, wanted: Wanted) => Promise<Facts>

/** That a proof is used for the first time is found out by using it; a call that nobody makes must not. */
const isGathered = (name: FactName): name is GatheredFact => name !== 'proofUse'

/** What says where a token stands; the one that is given beside the call is none that it carries. */
const HOW_IT_IS_SENT: ReadonlySet<FactName> = new Set(['authorization', 'elsewhere'])

export function createInspect(ports: GatherPorts): Inspect {
  const gather = createGather(ports)
  const app = new Koa()

  return async function inspect(written, wanted) {
    const req = requestOf(written)
    const facts = noFacts(ports.clock.now() / 1000, wanted)
    const call = newCall(app.createContext(req, new ServerResponse(req)), facts)
    facts.authorization = gather.authorization(call)
    for (const { needs } of checksFor(wanted.format, isDpop(facts.authorization))) {
      for (const name of needs) {
        if (!isGathered(name) || facts[name] !== undefined) continue
        if (!HOW_IT_IS_SENT.has(name)) call.token ??= written.token
        const fact = gather[name](call)
        setFact(facts, name, fact instanceof Promise ? await fact : fact)
      }
    }
    return facts
  }
}

function setFact<Name extends FactName>(facts: Facts, name: Name, fact: Facts[Name]): void {
  facts[name] = fact
}

/** As Node would have read it from the wire. */
function requestOf({ method, target, headers, body }: WrittenCall): IncomingMessage {
  const req = new IncomingMessage(new Socket())
  req.method = method
  req.url = target
  req.httpVersion = '1.1'
  req.rawHeaders = headers.flatMap(([name, value]) => [name, value])
  const distinct = new Map<string, string[]>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    distinct.set(key, [...(distinct.get(key) ?? []), value])
  }
  if (body !== undefined) distinct.set('content-length', [String(Buffer.byteLength(body))])
  req.headersDistinct = Object.fromEntries(distinct)
  req.headers = Object.fromEntries(
    [...distinct].map(([name, values]) => [
      name,
      FIRST_COUNTS.has(name) ? values[0] : values.join(', '),
    ]),
  )
  req.push(body ?? null)
  if (body !== undefined) req.push(null)
  return req
}

/** Of several lines of these, Node keeps the first; those of others it joins. */
const FIRST_COUNTS = new Set([
  'authorization',
  'content-type',
  'content-length',
  'host',
  'user-agent',
])
