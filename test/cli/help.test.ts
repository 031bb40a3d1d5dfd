import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { bin, commandLine } from './run.ts'

const COMMANDS = [
  'start',
  'client add',
  'client list',
  'client remove',
  'keys list',
  'keys rotate',
  'logouts',
  'registration-token add',
  'registration-token list',
  'registration-token remove',
  'mint',
  'break',
  'age',
  'doctor',
  'reset',
]

test('help lists the commands, and every command explains itself', async (t) => {
  const { run } = await commandLine(t)
  for (const args of [['help'], ['--help'], ['-h']]) {
    const { code, out } = await run(args)
    t.is(code, 0)
    for (const name of COMMANDS) {
      t.true(out.includes(`  ${name} `), name)
    }
  }
  t.regex((await run(['help', 'client', 'add'])).out, /^Usage: countersign client add/)
  t.regex((await run(['client', 'remove', '--help'])).out, /^Usage: countersign client remove/)
  const group = await run(['client', '--help'])
  t.is(group.out.match(/^Usage: countersign client /gm)?.length, 3)
})

test('help fits a terminal of 100 columns', async (t) => {
  const { run } = await commandLine(t)
  const topics = ['help', ...COMMANDS.map((name) => `help ${name.split(' ')[0] ?? ''}`)]
  const texts = await Promise.all(topics.map((topic) => run(topic.split(' '))))
  for (const { out } of texts) for (const line of out.split('\n')) t.true(line.length <= 100, line)
})

test('the version is the package’s', async (t) => {
  const { run } = await commandLine(t)
  const file = path.join(path.dirname(bin), '..', 'package.json')
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  t.deepEqual(await run(['--version']), { code: 0, out: `${version}\n`, err: '' })
})

const wrong: [args: string[], says: RegExp][] = [
  [['strat'], /"strat" is no command; did you mean "start"\?/],
  [['frobnicate'], /"frobnicate" is no command; see "countersign help"/],
  [['client'], /there are client add, client list, client remove/],
  [['client', 'lst'], /did you mean "client list"\?/],
  [['help', 'nothing'], /"nothing" is no command/],
  [['--port', '5000'], /--port is not an option/],
  [['start', 'now'], /"now" is not understood/],
  [['client', 'add', '--nam', 'x'], /--nam is not an option; did you mean --name\?/],
  [['client', 'add', '--redirect-uri'], /--redirect-uri/],
  [['client', 'add', '--public'], /needs --redirect-uri/],
  [['client', 'add', '--grant', 'password'], /--grant is "password"; give one of code, refresh,/],
  [['client', 'add', '--access-token-ttl', 'soon'], /--access-token-ttl is "soon"/],
  [['client', 'remove'], /Which client\?/],
  [['keys'], /there are keys list, keys rotate/],
  [
    ['keys', 'rotate', '--alg', 'HS256'],
    /--alg is "HS256"; give one of ES256, RS256, PS256, EdDSA/,
  ],
  [['registration-token'], /there are registration-token add, registration-token list,/],
  [['registration-token', 'add', '--expires-in', '91d'], /--expires-in is "91d"; .* 90 days/],
  [['registration-token', 'remove'], /Which token\?/],
]

for (const [args, says] of wrong) {
  test(`"countersign ${args.join(' ')}" is a wrong call: one sentence, exit code 2`, async (t) => {
    const { run, folder } = await commandLine(t)
    const { code, out, err } = await run(args)
    t.is(code, 2)
    t.is(out, '')
    t.regex(err, says)
    t.is(err.trimEnd().split('\n').length, 1)
    t.false(existsSync(path.join(folder, '.countersign')))
  })
}

/** A Node on this machine that is too old, if there is one. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node', '/opt/node20/bin/node'].find((file) => {
  if (!existsSync(file)) return false
  const version = execFileSync(file, ['--version'], { encoding: 'utf8' })
  return Number(/^v(\d+)/.exec(version)?.[1]) < 22
})

const whereOld = oldNode === undefined ? test.skip : test

whereOld(
  'a Node that is too old is told so, with a way out and exit code 1 (skipped where there is no old Node)',
  (t) => {
    const { status, stdout, stderr } = spawnSync(oldNode ?? '', [bin], { encoding: 'utf8' })
    t.is(status, 1)
    t.is(stdout, '')
    t.regex(stderr, /^Countersign needs Node 22\.18 or newer; this is Node v\d+\.\d+\.\d+\.\n/)
    t.regex(stderr, /nodejs\.org/)
    t.notRegex(stderr, /at .*:\d+/)
  },
)
