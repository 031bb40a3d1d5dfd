/** Authlib for Python: an app that signs people in, and a program of its own, as the README says. */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../helpers/database.ts'
import { isInstalled } from '../helpers/installed.ts'
import { start } from '../helpers/start.ts'
import { asShown, runShown } from './as-shown.ts'
import { AUTHLIB, runScript } from './python.ts'

test('Authlib signs a person in with PKCE and calls the API, and a program gets a token for itself', async (t) => {
  if (!isInstalled(t, AUTHLIB)) return
  const server = await start(t)
  const script = asShown('with-authlib.py', { 'http://localhost:4010': server.issuer })
  const [notes, whoami] = await runScript(t, server.issuer, ['-c', script])
  t.regex(notes ?? '', /caterpillar/)
  t.regex(whoami ?? '', /'sub': 'service'.*'scope': 'notes:read'/)
})

test('Authlib verifies ID tokens, refreshes in time, meets reuse detection, and proves a key', async (t) => {
  if (!isInstalled(t, AUTHLIB)) return
  const server = await start(t)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const file = join(await temporaryFolder(t), 'job.json')
  writeFileSync(file, JSON.stringify(publicKey.export({ format: 'jwk' })))
  await runShown(server, `npx countersign client add --id job --jwks ${file}`)
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const script = join(import.meta.dirname, 'with-authlib-checks.py')
  t.deepEqual(await runScript(t, server.issuer, [script, server.issuer, key]), [
    'signed in alice',
    'called 200',
    'refreshed True',
    'used twice invalid_grant',
    'and so is invalid_grant',
    'by key job',
  ])
})
