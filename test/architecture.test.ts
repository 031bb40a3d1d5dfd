import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import test from 'ava'

const root = join(import.meta.dirname, '..')
const src = join(root, 'src')

/** From the ground up; a file may import from its own layer or a lower one. */
const LAYERS: readonly (readonly string[])[] = [
  ['refusals', 'lib'],
  ['config', 'db', 'web'],
  ['directory'],
  ['authorization', 'resource'],
  ['home', 'doctor', 'lab', 'forward-auth', 'admin', 'account', 'demo'],
  ['index', 'server', 'app'],
  ['cli', 'bin'],
]

type Source = { path: string; room: string; text: string; imports: string[] }

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))

const sources: Source[] = files(src)
  .filter((path) => !path.includes('/generated/'))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const imports = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target]) =>
      relative(root, resolve(root, dirname(path), target ?? '')),
    )
    return { path, room: roomOf(path), text, imports }
  })

/** The folder under src, or the file's own name where it stands there itself. */
function roomOf(path: string): string {
  const [, first = ''] = path.split('/')
  return first.replace(/\.(ts|js)$/, '')
}

const layerOf = (room: string): number => LAYERS.findIndex((rooms) => rooms.includes(room))

/** Comments and texts out of the way, so that only code is looked at. */
const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')

test('every room has its layer', (t) => {
  const rooms = new Set(sources.map(({ room }) => room))
  t.deepEqual(
    [...rooms].filter((room) => layerOf(room) === -1),
    [],
  )
})

test('a file imports only its own layer or a lower one', (t) => {
  const upward = sources.flatMap(({ path, room, imports }) =>
    imports
      .filter((target) => !target.includes('/generated/'))
      .filter((target) => layerOf(roomOf(target)) > layerOf(room))
      .map((target) => `${path} imports ${target}`),
  )
  t.deepEqual(upward, [])
})

test('the authorization server and the resource server never import each other', (t) => {
  const crossing = sources.flatMap(({ path, room, imports }) =>
    imports
      .filter((target) => [room, roomOf(target)].sort().join() === 'authorization,resource')
      .map((target) => `${path} imports ${target}`),
  )
  t.deepEqual(crossing, [])
})

test('no file imports itself by a detour', (t) => {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const cycles: string[] = []
  const done = new Set<string>()
  const walk = (path: string, trail: string[]) => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      return
    }
    if (done.has(path)) return
    for (const target of byPath.get(path)?.imports ?? []) walk(target, [...trail, path])
    done.add(path)
  }
  for (const { path } of sources) walk(path, [])
  t.deepEqual(cycles, [])
})

test('no file is longer than 350 lines', (t) => {
  const all = ['src', 'scripts', 'test'].flatMap((folder) => files(join(root, folder)))
  const long = all
    .filter((path) => !path.includes('/generated/'))
    .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > 350)
  t.deepEqual(long, [])
})

test('the clock is read in one file', (t) => {
  const readers = sources
    .filter(({ path }) => path !== 'src/lib/clock.ts')
    .filter(({ text }) => /\bDate\.now\(|\bnew Date\(\)/.test(codeOf(text)))
  t.deepEqual(
    readers.map(({ path }) => path),
    [],
  )
})

test('the environment is read by the command line and the settings alone', (t) => {
  const readers = sources
    .filter(({ room }) => !['config', 'cli', 'bin'].includes(room))
    .filter(({ text }) => /\bprocess\.env\b/.test(codeOf(text)))
  t.deepEqual(
    readers.map(({ path }) => path),
    [],
  )
})

test('no folder or file is a drawer for everything', (t) => {
  const drawers = sources.filter(({ path }) =>
    /(^|\/)(utils?|helpers?|types|common|misc)(\/|\.)/.test(path),
  )
  t.deepEqual(
    drawers.map(({ path }) => path),
    [],
  )
})

test('only index.ts passes on what other files export', (t) => {
  const barrels = sources
    .filter(({ path }) => path !== 'src/index.ts')
    .filter(({ text }) => /^export (\*|\{[^}]*\}|type \{[^}]*\}) from /m.test(text))
  t.deepEqual(
    barrels.map(({ path }) => path),
    [],
  )
})

test('every file opens with a sentence on what lives there', (t) => {
  const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text))
  t.deepEqual(
    silent.map(({ path }) => path),
    [],
  )
})
