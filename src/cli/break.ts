/** `countersign break`: a request that the running server refuses with one certain id, as a command, raw, or sent. */
import { STATUS_CODES } from 'node:http'
import type { Provocation, Provoked } from '../lab/lab.ts'
import { closest } from '../lib/closest.ts'
import { chapters, chapterTitles, refusalIds, rowOf } from '../refusals/catalogue.ts'
import type { RefusalId, Row } from '../refusals/catalogue.ts'
import type { CommandContext } from './command.ts'
import { readOptions, refusePositionals } from './options.ts'
import { askServer, serverOrigin, urlHelp, urlOption } from './running-server.ts'
import { printable, shorten, table } from './table.ts'
import { UsageFault } from './usage-fault.ts'

const LONGEST = 2_000

export const help = `Usage: countersign break [id] [options]

Prints a curl command that the running server refuses with this id. What it needs is made up for
it, and stays for ten minutes. Without an id, lists every refusal. For the local profile only.

  --raw           Print the request as it stands on the wire.
  --send          Send it, and print the answer; exit code 1 if it is not the one that the
                  catalogue promises.
${urlHelp}
  --json          Print JSON.

Example: countersign break token-expired --send
`

const options = {
  ...urlOption,
  raw: { type: 'boolean' },
  send: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('break', args, options)
  const [word, ...more] = positionals
  refusePositionals('break', more)
  if (word === undefined) {
    out(
      values.json ? `${JSON.stringify({ refusals: refusalIds.map(summary) }, null, 2)}\n` : list(),
    )
    return 0
  }
  const id = provokableIn(word)
  const url = serverOrigin(values.url, env)
  const path = `/lab/break/${id}`
  if (!values.send) {
    const prepared = (await askServer({ url, path })) as Provocation
    if (values.json) out(`${JSON.stringify(prepared, null, 2)}\n`)
    else out(values.raw ? prepared.raw : `${prepared.curl}\n`)
    return 0
  }
  const provoked = (await askServer({ url, path, method: 'POST' })) as Provoked
  out(values.json ? `${JSON.stringify(provoked, null, 2)}\n` : shown(provoked))
  return provoked.same ? 0 : 1
}

function provokableIn(word: string): RefusalId {
  const id = refusalIds.find((known) => known === word)
  if (id === undefined) {
    const meant = closest(word, refusalIds)
    throw new UsageFault(
      `"${word}" is no refusal; ${meant ? `did you mean "${meant}"?` : '"countersign break" lists them.'}`,
    )
  }
  const { reason } = rowOf(id)
  if (reason !== undefined) throw new UsageFault(`"${id}" is not provoked here. ${reason}`)
  return id
}

function summary(id: RefusalId) {
  const { status, title, reason } = rowOf(id)
  return { id, status, title, ...(reason !== undefined && { reason }) }
}

const list = (): string =>
  Object.entries(chapters)
    .map(([name, chapter]) => {
      const rows = Object.entries<Row>(chapter).map(([id, { status, title, reason }]) => [
        `  ${id}`,
        status === 0 ? '–' : String(status),
        reason === undefined ? title : `${title} (not provoked here)`,
      ])
      return `${chapterTitles[name as keyof typeof chapters]}\n${table(rows).join('\n')}\n`
    })
    .join('\n')

function shown({ request, answer, same, differences }: Provoked): string {
  const { status, headers, body } = answer
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
  const lines = [
    `${request.method} ${request.url}`,
    ...fieldLines(request.headers),
    ...(request.body === undefined ? [] : ['', ...request.body.split('\n')]),
    '',
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`.trim(),
    ...fieldLines(headers),
    ...(text === '' ? [] : ['', ...text.split('\n')]),
    '',
    same
      ? 'This is the answer that the catalogue promises.'
      : 'This is NOT the answer that the catalogue promises:',
    ...differences.map((one) => `  ${one}`),
  ]
  return `${lines.map((line) => printable(shorten(line, LONGEST))).join('\n')}\n`
}

const fieldLines = (headers: readonly (readonly [string, string])[]): string[] =>
  headers.map((field) => field.join(': '))
