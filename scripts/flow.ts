/**
 * Scripts to study: `npm run flow` lists them, `npm run flow <name>` runs one, against a server of its own.
 * `--url http://localhost:4010` uses a server that runs already, `--browser` your own browser, `--json` prints one JSON
 * document a line, `--client` shows and runs the same flow with openid-client.
 */
import { parseArgs } from 'node:util'
import { createClientParts } from './kit/client-parts.ts'
import { openOutput } from './kit/output.ts'
import { withServer } from './kit/server.ts'
import { createJsonShow, createTextShow, shorten, wrap, type Show } from './kit/show.ts'
import { withStage, type Lesson } from './kit/stage.ts'
import { chain, hasSample, sampleOf } from './flow/chain.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    browser: { type: 'boolean' },
    client: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
const { write, colour } = openOutput()
const show = values.json ? createJsonShow(write) : createTextShow(write, colour)

const [name] = positionals
const lesson = chain.find((one) => one.name === name)
if (name === undefined || values.help) list()
else if (!lesson) stop(`There is no flow "${name}"; "npm run flow" lists them.`)
else if (values.client && !hasSample(name)) stop(`${name} has no sample with openid-client.`)
else if (values.browser && (values.client || lesson.person === 'nobody')) {
  stop(
    `${name}${values.client ? ' with --client' : ''} needs no browser of yours: leave --browser out.`,
  )
} else await run(lesson, values.client ? runSample : runLesson)

function list(): void {
  if (values.json) {
    for (const one of chain) {
      write(
        `${JSON.stringify({ flow: one.name, about: one.about, client: hasSample(one.name) })}\n`,
      )
    }
    return
  }
  const width = Math.max(...chain.map((one) => one.name.length))
  write(
    'Scripts to study, each one idea more than the one before. Run one: npm run flow <name>\n\n',
  )
  for (const [at, one] of chain.entries()) {
    const mark = hasSample(one.name) ? '*' : ' '
    const head = `${String(at + 1).padStart(3)} ${one.name.padEnd(width)} ${mark} `
    const about = wrap(
      one.about,
      head.length,
      process.stdout.isTTY ? process.stdout.columns : Infinity,
    )
    write(head + about.trimStart())
  }
  write('\n* with -- --client: the same in a few lines with openid-client\n')
  write('  -- --url http://localhost:4010 uses your server, -- --browser your browser; -- --json\n')
}

function stop(why: string): void {
  console.error(why)
  process.exitCode = 1
}

type Run = (one: Lesson, issuer: string) => Promise<void>

async function run(one: Lesson, how: Run): Promise<void> {
  let broken: string | undefined
  await withServer(values.url, async (issuer) => {
    // Whatever goes wrong, the server of the script is put away.
    await how(one, issuer).catch((error: unknown) => {
      broken = error instanceof Error ? error.message : String(error)
    })
  })
  const wrong = show.wrong()
  if (broken !== undefined) stop(`\nNOT AS IT SHOULD BE: ${shorten(broken)}`)
  else if (wrong > 0) stop(`\n${wrong} answers were not as they should be.`)
  else if (!values.json) console.log('\nEvery answer was as it should be.')
}

async function runLesson(one: Lesson, issuer: string): Promise<void> {
  show.note(one.about)
  await withStage({ issuer, show, ownBrowser: values.browser ?? false }, (stage) => one.run(stage))
}

async function runSample(one: Lesson, issuer: string): Promise<void> {
  const sample = await sampleOf(one.name)
  if (!values.json) write(`${sample.source}\n`)
  const silent: Show = { ...show, note: () => undefined }
  const result = await sample.run(createClientParts(issuer, silent))
  if (values.json) write(`${JSON.stringify({ client: one.name, source: sample.source, result })}\n`)
  else write(`It answers: ${JSON.stringify(result, undefined, 2)}\n`)
}
