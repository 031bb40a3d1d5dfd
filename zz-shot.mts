import { chromium } from 'playwright-core'
const [base, out, ...targets] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const looks = { light: { viewport: { width: 1000, height: 800 }, colorScheme: 'light' }, dark: { viewport: { width: 1000, height: 800 }, colorScheme: 'dark' }, phone: { viewport: { width: 390, height: 800 }, colorScheme: 'light' } }
for (const [look, options] of Object.entries(looks)) {
  const page = await (await browser.newContext(options as never)).newPage()
  for (const t of targets) {
    const [name, url, paste] = t.split('§')
    await page.goto(base + url)
    if (paste) { await page.fill('textarea', paste); await Promise.all([page.waitForLoadState('load'), page.click('button')]); await page.waitForTimeout(300) }
    await page.screenshot({ path: `${out}/${name}-${look}.png`, fullPage: true })
  }
}
await browser.close()
