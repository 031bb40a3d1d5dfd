/** The part of `README.md` that is made from the catalogue: every refusal in one table. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { chapters, chapterTitles, rowOf, type RefusalId } from '../src/refusals/catalogue.ts'

const file = path.join(import.meta.dirname, '..', 'README.md')

const BEGIN = '<!-- refusals: made by "npm run generate" from src/refusals/catalogue -->'
const END = '<!-- end of refusals -->'

/** README.md as it should be. */
export async function readme(): Promise<string> {
  const text = await readFile(file, 'utf8')
  const [before, rest] = text.split(BEGIN)
  const [, after] = rest?.split(END) ?? []
  if (before === undefined || after === undefined) {
    throw new Error(`README.md lacks the lines ${BEGIN} and ${END}`)
  }
  const options = await resolveConfig(file)
  return format(`${before}${BEGIN}\n\n${tables()}\n\n${END}${after}`, {
    ...options,
    parser: 'markdown',
  })
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
