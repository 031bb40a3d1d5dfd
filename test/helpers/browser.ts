/** A real browser for tests: Chromium, found on this machine, without a network of its own. */
import type { ExecutionContext } from 'ava'
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const chromiumPath = (): string | undefined =>
  process.env['CHROMIUM_PATH'] ?? usualPlaces.find((path) => existsSync(path))

/**
 * Opens Chromium and closes it when the test ends. Without one the test is passed over, saying so;
 * under `CI=true` it fails. A test therefore begins `const browser = await openBrowser(t)` and
 * `if (!browser) return`.
 */
export async function openBrowser(t: ExecutionContext): Promise<Browser | undefined> {
  const executablePath = chromiumPath()
  if (!executablePath) {
    if (process.env['CI'] === 'true') {
      t.fail('no Chromium: install it or set CHROMIUM_PATH')
    } else {
      t.log('skipped: install chromium')
      t.pass()
    }
    return undefined
  }
  const browser = await chromium.launch({
    executablePath,
    args: [
      // Chromium's own sandbox refuses to run as root; the pages under test are ours.
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
  t.teardown(() => browser.close())
  return browser
}
