/**
 * The tour: the whole handshake over real HTTP, each exchange shown with what it means. Run it with `npm run tour`;
 * `--url http://localhost:4010` uses a server that runs already, `--json` prints one JSON document a line.
 */
import { parseArgs } from 'node:util'
import { createJsonShow, createTextShow } from './kit/show.ts'
import { withServer } from './kit/server.ts'
import { takeTour } from './tour/steps.ts'

const { values } = parseArgs({
  options: { url: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
})

if (values.help) {
  console.log('npm run tour [-- --url http://localhost:4010] [-- --json]')
} else {
  const write = (text: string) => void process.stdout.write(text)
  const show = values.json
    ? createJsonShow(write)
    : createTextShow(write, process.stdout.isTTY && !process.env['NO_COLOR'])
  await withServer(values.url, (origin) => takeTour(origin, show))
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
