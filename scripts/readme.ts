/** The parts of `README.md` that are made: every refusal and the scripts to study, in tables, and files shown whole. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { chain, hasSample } from './flow/chain.ts'
import { chapters, chapterTitles, rowOf, type RefusalId } from '../src/refusals/catalogue.ts'

const root = path.join(import.meta.dirname, '..')
const file = path.join(root, 'README.md')

type Part = { begin: string; end: string; make: () => string }

const PARTS: readonly Part[] = [
  {
    begin: '<!-- flows: made by "npm run generate" from scripts/flow -->',
    end: '<!-- end of flows -->',
    make: flows,
  },
  {
    begin: '<!-- refusals: made by "npm run generate" from src/refusals/catalogue -->',
    end: '<!-- end of refusals -->',
    make: tables,
  },
]

/** What stands between these two lines is the file that the first one names. */
const SHOWN = /(<!-- shown: (\S+) -->).*?(<!-- end of shown -->)/gs

/** README.md as it should be. */
export async function readme(): Promise<string> {
  const text = PARTS.reduce(replace, await readFile(file, 'utf8')).replaceAll(
    SHOWN,
    (_, begin: string, name: string, end: string) => `${begin}\n\n${shown(name)}\n\n${end}`,
  )
  const options = await resolveConfig(file)
  return format(text, { ...options, parser: 'markdown' })
}

function replace(text: string, { begin, end, make }: Part): string {
  const [before, rest] = text.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (before === undefined || after === undefined) {
    throw new Error(`README.md lacks the lines ${begin} and ${end}`)
  }
  return `${before}${begin}\n\n${make()}\n\n${end}${after}`
}

function shown(name: string): string {
  const language = name.endsWith('nginx.conf') ? 'nginx' : LANGUAGES[path.extname(name)]
  return `\`\`\`${language ?? ''}\n${readFileSync(path.join(root, name), 'utf8').trim()}\n\`\`\``
}

const LANGUAGES: Readonly<Record<string, string>> = {
  '.sh': 'sh',
  '.py': 'python',
  '.conf': 'apache',
}

function flows(): string {
  const rows = chain.map(({ name, about }) => {
    return `| \`${name}\`${hasSample(name) ? ' *' : ''} | ${about} |`
  })
  return `| \`npm run flow\` | what it shows |\n| --- | --- |\n${rows.join('\n')}`
}

function tables(): string {
  return Object.entries(chapters)
    .map(([name, chapter]) => {
      const rows = Object.keys(chapter).map((id) => rowIn(id as RefusalId))
      const head = '| id | status | error | the client |\n| --- | --- | --- | --- |'
      return `**${chapterTitles[name as keyof typeof chapters]}**\n\n${head}\n${rows.join('\n')}`
    })
    .join('\n\n')
}

function rowIn(id: RefusalId): string {
  const { status, error, client, reason } = rowOf(id)
  const cells = [
    `\`${id}\`${reason === undefined ? '' : ' *'}`,
    status === 0 ? '–' : String(status),
    error === undefined ? '' : `\`${error}\``,
    client,
  ]
  return `| ${cells.join(' | ')} |`
}
