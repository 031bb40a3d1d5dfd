import test from 'ava'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { BrowserContextOptions } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { samples } from './samples.ts'
import { serveSamples } from './samples-server.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// Reflow at 320 px is what 400 % zoom on a desktop comes to (WCAG 2.2, 1.4.10).
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  'on a desktop': { viewport: { width: 1000, height: 700 } },
  'on a phone in the dark': { viewport: { width: 390, height: 780 }, colorScheme: 'dark' },
  'at 320 pixels': { viewport: { width: 320, height: 640 } },
}

type Finding = { id: string; help: string; nodes: { target: string[] }[] }

for (const [look, options] of Object.entries(looks)) {
  test.serial(`every page is accessible and fits ${look}`, async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const origin = await serveSamples(t)
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(`${page.url()}: ${message.text()}`))

    for (const name of Object.keys(samples)) {
      await page.goto(`${origin}/${name}`)
      await page.evaluate(
        'document.querySelectorAll("details").forEach((one) => { one.open = true })',
      )
      await page.evaluate(axe)
      const findings = await page.evaluate<Finding[]>(
        'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }).then((result) => result.violations)',
      )
      const said = findings.map(
        ({ id, help, nodes }) =>
          `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join(', ')})`,
      )
      t.deepEqual(said, [], name)
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      t.is(overflow, 0, `${name} scrolls sideways`)
    }
    t.deepEqual(complaints, [])
  })
}
