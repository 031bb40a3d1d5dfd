/** What the start prints: one calm screen with all that a client's developer needs first. */
import { styleText } from 'node:util'
import type { SeedReport } from '../directory/seed.ts'
import { printable, shorten, table } from './table.ts'

export type BannerFacts = {
  version: string
  issuer: string
  profile: 'local' | 'production'
  /** Addresses beyond loopback on which the local profile listens. */
  openAddresses: readonly string[]
  seed: SeedReport
  /** Whether `npm run tour` can be run here. */
  hasTour: boolean
  /** Variables that were probably meant to be settings. */
  hints: readonly string[]
  color: boolean
}

const WIDTH = 100

/** So many lines are for people and for clients; a longer list would push the rest off the screen. */
const MOST_PEOPLE = 6
const MOST_CLIENTS = 8
const MOST_NOTICES = 3

export function banner(facts: BannerFacts): string {
  const { issuer, seed, color } = facts
  const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text)
  const dim = (text: string) => (color ? styleText('dim', text, { validateStream: false }) : text)
  const warn = (text: string) =>
    color ? styleText('yellow', text, { validateStream: false }) : text

  const isLocal = facts.profile === 'local'
  const lines = [
    bold(`Countersign ${facts.version} is ready at ${issuer}`) +
      (isLocal ? '' : dim('  (production)')),
    '',
    `  Discovery  ${issuer}/.well-known/openid-configuration`,
    `  API        ${issuer}/api/notes`,
  ]
  if (isLocal) {
    lines.push(
      '',
      ...list('People', seed.people, MOST_PEOPLE, ({ login, password, note }) => [
        login,
        password,
        note,
      ]),
      '',
      ...list('Clients', seed.clients, MOST_CLIENTS, ({ clientId, secret, kind }) => [
        clientId,
        secret ?? '–',
        kind,
      ]),
      '',
      bold('Try'),
      ...tries(facts).flatMap(([words, ...command]) => [
        `  ${words}`,
        ...command.map((line) => dim(`    ${printable(line)}`)),
      ]),
    )
  }
  const told = notices(facts)
  if (told.length > 0) lines.push('', ...told.map((notice) => warn(notice)))
  return `${lines.join('\n')}\n\n`

  function list<Entry>(
    title: string,
    entries: readonly Entry[],
    most: number,
    cells: (entry: Entry) => string[],
  ): string[] {
    const fitting = entries.length > most ? most - 1 : most
    const more = entries.length - fitting
    const rows = table(entries.slice(0, fitting).map(cells), WIDTH - 2)
    return [
      bold(title),
      ...(entries.length === 0 ? [dim('  none')] : rows.map((row) => `  ${row}`)),
      ...(more > 0 ? [dim(`  and ${more} more`)] : []),
    ]
  }
}

/** Commands are never cut: half a command is of no use. */
function tries({ issuer, seed, hasTour }: BannerFacts): [words: string, ...command: string[]][] {
  const service = seed.clients.find(({ clientId }) => clientId === 'service')
  return [
    ['Call the API without a token and read the challenge:', `curl -i ${issuer}/api/notes`],
    service?.secret === undefined
      ? ['Register a client of your own:', 'npx countersign client add --help']
      : [
          'Get a token for a program:',
          `curl -u service:${service.secret} -d grant_type=client_credentials -d scope=notes:read \\`,
          `  ${issuer}/oauth/token`,
        ],
    [
      'Provoke any refusal on purpose, and ask why, by the X-Request-Id of an answer or by a token:',
      'npx countersign break token-expired --send',
      'npx countersign doctor <request id or token>',
    ],
    hasTour
      ? ['See the whole handshake, step by step:', 'npm run tour']
      : ['See what runs here, in a browser:', issuer],
  ]
}

/** What the reader should know and may not expect. */
function notices({ openAddresses, seed, hints }: BannerFacts): string[] {
  const open =
    openAddresses.length > 0
      ? [
          `OPEN_LAB: other machines can reach this server (HOST ${openAddresses.join(', ')}), and its passwords are public.`,
        ]
      : []
  const kept =
    seed.kept.length > 0
      ? [`Changed by hand, so the seed file's new version was left out: ${seed.kept.join(', ')}.`]
      : []
  const all = [...open, ...kept, ...hints].map(printable)
  const shown = all.length > MOST_NOTICES ? all.slice(0, MOST_NOTICES) : all
  const lines = shown.flatMap((notice) => wrap(notice, WIDTH).slice(0, 2))
  return all.length > shown.length ? [...lines, `and ${all.length - shown.length} more`] : lines
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `  ${word}`
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((part) => shorten(part, width))
}
