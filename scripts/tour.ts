/**
 * The tour: the whole handshake over real HTTP, each exchange shown with what it means; or, as `npm run tour --
 * refusals`, every way in which it can be refused. `--url http://localhost:4010` uses a server that runs already,
 * `--json` prints one JSON document a line.
 */
import { parseArgs } from 'node:util'
import { openOutput } from './kit/output.ts'
import { createJsonShow, createTextShow } from './kit/show.ts'
import { withServer } from './kit/server.ts'
import { showRefusals } from './tour/refusals.ts'
import { takeTour } from './tour/steps.ts'

/** So that a body that never comes is refused soon. Milliseconds. */
const timeouts = { headersTimeout: 1_000, requestTimeout: 1_000, connectionsCheckingInterval: 100 }

const tours = {
  handshake: { take: takeTour, options: {} },
  refusals: { take: showRefusals, options: { timeouts } },
}

const { values, positionals } = parseArgs({
  options: { url: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  allowPositionals: true,
})
const [name = 'handshake', ...more] = positionals
const tour = Object.hasOwn(tours, name) ? tours[name as keyof typeof tours] : undefined

const usage = 'npm run tour [-- refusals] [-- --url http://localhost:4010] [-- --json]'

if (values.help) console.log(usage)
else if (!tour || more.length > 0) {
  console.error(`There is no tour "${positionals.join(' ')}": ${usage}`)
  process.exitCode = 2
} else {
  const { write, colour } = openOutput()
  const show = values.json ? createJsonShow(write) : createTextShow(write, colour)
  await withServer(values.url, (origin) => tour.take(origin, show), tour.options)
  const wrong = show.wrong()
  if (!values.json) {
    console.log(
      wrong === 0
        ? '\nEvery answer was as it should be.'
        : `\n${wrong} answers were not as they should be.`,
    )
  }
  process.exitCode = wrong === 0 ? 0 : 1
}
