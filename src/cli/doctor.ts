/** `countersign doctor`: asks the running server why it refused a request, or would refuse a token. */
import { text as readAll } from 'node:stream/consumers'
import { styleText } from 'node:util'
import { firstFailed } from '../doctor/diagnosis.ts'
import type { CheckResult, Diagnosis } from '../doctor/diagnosis.ts'
import { asText, FORGOTTEN } from '../doctor/words.ts'
import type { CommandContext } from './command.ts'
import { readOptions } from './options.ts'
import { askServer, ServerFault, serverOrigin, urlHelp, urlOption } from './running-server.ts'
import { printable } from './table.ts'
import { UsageFault } from './usage-fault.ts'

export const help = `Usage: countersign doctor <token | request id | -> [options]

Asks the running server which check refuses, on what evidence, and what to do next. For the local
profile only.

Takes an access token, or the id of a refused request (X-Request-Id). With - it reads standard
input, which may also be a curl command, a raw HTTP request, a WWW-Authenticate line or a whole
answer. A token on the command line stays in the history of the shell; - keeps it out.

Exits with 0 when nothing is wrong, and with 1 when a check failed.

${urlHelp}
  --json          Print JSON.

Example: curl -i http://localhost:4010/api/notes | countersign doctor -
`

type Paint = (style: 'red' | 'green' | 'dim' | 'bold', text: string) => string

export async function run({ args, env, out, color }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('doctor', args, {
    ...urlOption,
    json: { type: 'boolean' },
  })
  const input = await readInput(positionals)
  const url = serverOrigin(values.url, env)
  const diagnosis = await ask(url, input)
  if (values.json) {
    out(`${JSON.stringify(diagnosis, null, 2)}\n`)
  } else {
    const paint: Paint = (style, text) =>
      color ? styleText(style, text, { validateStream: false }) : text
    out(`${lines(diagnosis, paint).join('\n')}\n`)
  }
  return firstFailed(diagnosis.checks) ? 1 : 0
}

async function readInput([input, ...more]: readonly string[]): Promise<string> {
  if (input === undefined) {
    throw new UsageFault(
      'What is to be looked at? Give a token, a request id, or - for standard input.',
    )
  }
  // "Bearer <token>" without quotes, or a token that the shell took apart.
  if (input !== '-') return [input, ...more].join(' ')
  const text = await readAll(process.stdin)
  if (text.trim() === '') throw new UsageFault('Nothing came on standard input.')
  return text
}

async function ask(url: string, input: string): Promise<Diagnosis> {
  try {
    const body = { input }
    return (await askServer({ url, path: '/doctor', method: 'POST', body })) as Diagnosis
  } catch (error) {
    const isId = /^[0-9a-f-]{36}$/i.test(input.trim())
    if (isId && error instanceof ServerFault && error.refusal === 'not-found') {
      throw new ServerFault(FORGOTTEN, error.refusal)
    }
    throw error
  }
}

const MARKS = { passed: '✓', failed: '✗', 'not-reached': '·' } as const
const COLORS = { passed: 'green', failed: 'red', 'not-reached': 'dim' } as const

function lines({ subject, checks, advice, challenges = [] }: Diagnosis, paint: Paint): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const text = [paint('bold', printable(subject)), '']
  for (const check of checks) text.push(...checkLines(check, width, paint))
  if (!firstFailed(checks)) text.push('', 'Nothing wrong was found.')
  for (const { scheme, meaning, parameters } of challenges) {
    text.push('', ...wrapped(`${scheme}: ${meaning}`, 0))
    for (const { name, value, meaning: says, client, source } of parameters) {
      text.push(
        `  ${printable(name)} = ${printable(value)}`,
        ...wrapped(`${says} The client ${client}. ${source}`, 4).map((line) => paint('dim', line)),
      )
    }
  }
  for (const { says, command } of advice) {
    text.push('', ...wrapped(says, 0), ...command.split('\n').map((line) => `  ${printable(line)}`))
  }
  return text
}

function checkLines(check: CheckResult, width: number, paint: Paint): string[] {
  const { name, outcome, expected, found, says, fix, refusal } = check
  const color = COLORS[outcome]
  const mark = paint(color, MARKS[outcome])
  if (outcome === 'not-reached') return [`${mark} ${paint('dim', printable(name))}`]
  if (outcome === 'passed') {
    if (found === undefined) return [`${mark} ${printable(name)}`]
    return [`${mark} ${printable(name).padEnd(width)}  ${paint('dim', printable(asText(found)))}`]
  }
  const rows: [label: string, value: string | undefined][] = [
    ['expected', expected === undefined ? undefined : asText(expected)],
    ['found', found === undefined ? undefined : asText(found)],
    ['to do', fix],
  ]
  return [
    `${mark} ${paint('red', printable(name).padEnd(width))}${refusal === undefined ? '' : `  ${refusal}`}`,
    ...(says === undefined ? [] : wrapped(says, 4)),
    ...rows.flatMap(([label, value]) => {
      if (value === undefined) return []
      const [first = '', ...rest] = wrapped(printable(value), 14)
      return [`    ${label.padEnd(10)}${first.trimStart()}`, ...rest]
    }),
  ]
}

const WIDTH = 100

/** Commands and values are never cut; only sentences are broken into lines. */
function wrapped(sentence: string, indent: number): string[] {
  const margin = ' '.repeat(indent)
  const result: string[] = []
  let line = ''
  for (const word of printable(sentence).split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      result.push(margin + line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...result, margin + line]
}
