import test from 'ava'
import { openBrowser } from '../helpers/browser.ts'
import { startDoctor } from './doctor.ts'

test('in a browser without JavaScript a refused page leads to the doctor, and the doctor judges what is pasted', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  const { issuer, mint } = await startDoctor(t)
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()

  await page.goto(`${issuer}/api/notes`)
  await page.getByText('For developers').click()
  await page.getByRole('link', { name: /Which check refused/ }).click()
  t.is(await page.locator('h1').innerText(), 'No credentials')
  t.regex(await page.locator('.checks .failed').innerText(), /credentials present failed/)

  await page.getByRole('link', { name: 'Doctor', exact: true }).click()
  const token = await mint.mint({ audience: 'https://other.example' })
  await page.getByRole('textbox').fill(`Bearer ${token}`)
  await page.getByRole('button', { name: 'Examine' }).click()
  t.is(await page.locator('h1').innerText(), 'Wrong audience')
  t.regex(await page.locator('.alert').innerText(), /issued for https:\/\/other\.example/)

  await page.getByRole('link', { name: 'Open it' }).click()
  t.regex(page.url(), /\/interaction\//)
  t.true(await page.getByLabel('Password').isVisible())
})
