/** The part of `README.md` that is made from the catalogue: every refusal in one table. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { chapters, rowOf, type RefusalId } from '../src/refusals/catalogue.ts'

const file = path.join(import.meta.dirname, '..', 'README.md')

const BEGIN = '<!-- refusals: made by "npm run generate" from src/refusals/catalogue -->'
const END = '<!-- end of refusals -->'

const headings: Readonly<Record<keyof typeof chapters, string>> = {
  http: 'HTTP itself',
  credentials: 'No usable credential',
  accessToken: 'A token, but not a good one',
  proof: 'Proof of possession',
  permission: 'Known caller, still no; and not the caller’s fault',
  passwords: 'Basic and Digest',
  authorize: 'Authorization endpoint, in front of a person',
  pages: 'Our own pages',
  tokenEndpoint: 'Token endpoint',
  sideDoors: 'Pushed requests, introspection, revocation, and what the client must refuse',
  registration: 'Registration',
}

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
      return `**${headings[name as keyof typeof chapters]}**\n\n${head}\n${rows.join('\n')}`
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
