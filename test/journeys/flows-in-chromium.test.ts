import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Page } from 'playwright-core'
import { chain } from '../../scripts/flow/chain.ts'
import { openBrowser } from '../helpers/browser.ts'
import { PASSWORDS } from '../helpers/person.ts'
import { start, type Owner, type TestServer } from '../helpers/start.ts'
import { runFlow } from './run-flow.ts'

/** Set SCREENSHOTS to a folder to look at what a reader sees last. */
const folder = process.env['SCREENSHOTS']

const endings: (() => unknown)[] = []
const owner: Owner = { teardown: (end) => void endings.unshift(end) }
let server: TestServer

test.before('a server for all of them', async () => {
  server = await start(owner)
})
test.after.always('the server stops', async () => {
  for (const end of endings) await end()
})

type Task = { url: string; says: string }

/** The addresses that the script wants opened, each with what to do there. */
function tasksIn(stdout: string): Task[] {
  const notes = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { note?: string }).note ?? '')
  return notes.flatMap((note, at) => {
    const url = /^Open this in (?:a private|the same) window.*: (\S+)$/.exec(note)?.[1]
    const says = notes[at + 1]
    return url === undefined || says === undefined ? [] : [{ url, says }]
  })
}

const press = (page: Page, button: string) =>
  Promise.all([page.waitForEvent('load'), page.click(button)])

/** What a reader would do, who does what the script says and reads the page. */
async function follow(page: Page, { url, says }: Task): Promise<void> {
  await page.goto(url)
  const app = /^Below "(.*)" press "Take back access"\.$/.exec(says)?.[1]
  if (app !== undefined) {
    await press(page, `button[aria-label="Take back access: ${app}"]`)
    return
  }
  const login = /sign in as (\w+)/.exec(says)?.[1] ?? 'alice'
  const only = /leave only this ticked: (.*)\.$/.exec(says)?.[1]?.split(', ')
  const answer = says.endsWith('deny.') ? 'deny' : 'allow'
  for (let pages = 0; pages < 6 && page.url().startsWith(server.issuer); pages++) {
    const has = async (selector: string) => (await page.locator(selector).count()) > 0
    if (await has('[name=password]')) {
      await page.fill('[name=login]', login)
      await page.fill('[name=password]', PASSWORDS[login] ?? '')
      await press(page, 'button[type=submit]')
    } else if (await has('[name=code]')) {
      await page.fill('[name=code]', (await page.textContent('code.copy')) ?? '')
      await press(page, 'button[type=submit]')
    } else if (await has('[name=decision]')) {
      for (const box of await page.locator('[name=scope]').all()) {
        if (only && !only.includes(await box.inputValue())) await box.uncheck()
      }
      await press(page, `[name=decision][value=${answer}]`)
    } else if (await has('[name=logout]')) await press(page, '[name=logout]')
    else return
  }
}

for (const { name } of chain.filter(({ person }) => person === 'anybody')) {
  test.serial(
    `npm run flow ${name} -- --browser: Chromium gets to the end as it is told`,
    async (t) => {
      const chromium = await openBrowser(t)
      if (!chromium) return
      const page = await chromium.newPage()
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      let done = 0
      let following = Promise.resolve()
      // A script whose reader is lost would wait for ever.
      const lost = new AbortController()
      const { status, stdout, stderr } = await runFlow(
        [name, '--browser', '--json', '--url', server.issuer],
        (sofar) => {
          const tasks = tasksIn(sofar.slice(0, sofar.lastIndexOf('\n') + 1))
          for (const task of tasks.slice(done)) following = following.then(() => follow(page, task))
          following.catch(() => lost.abort())
          done = tasks.length
        },
      )
      await following
      t.is(status, 0, `${stdout}\n${stderr}`)
      t.true(done > 0)
      t.deepEqual(complaints, [])
      const text = (await page.textContent('body')) ?? ''
      t.regex(
        text,
        name === 'device' ? /You can go back to your device\./ : /you can close this window/,
      )
      if (folder !== undefined) {
        mkdirSync(folder, { recursive: true })
        await page.screenshot({ path: join(folder, `flow-${name}.png`) })
      }
    },
  )
}
