import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { misspelt, readEnvFile } from '../../src/config/env-file.ts'
import { temporaryFolder } from '../helpers/database.ts'

test('a missing .env is an empty one', async (t) => {
  const file = path.join(await temporaryFolder(t), '.env')
  t.deepEqual(readEnvFile(file), { values: {}, faults: [] })
})

test('.env holds settings, comments, and what Node and terminals understand', async (t) => {
  const file = path.join(await temporaryFolder(t), '.env')
  writeFileSync(file, '# mine\nPORT=5000\nLOG_LEVEL="debug" # quiet\nNO_COLOR=1\nNODE_ENV=test\n')
  const { values, faults } = readEnvFile(file)
  t.deepEqual(faults, [])
  t.like(values, { PORT: '5000', LOG_LEVEL: 'debug' })
})

test('an unknown name in .env is a fault that offers the name it may have been', async (t) => {
  const file = path.join(await temporaryFolder(t), '.env')
  writeFileSync(file, 'PROT=1\nissuer=x\nCLOCKLEEWAY=3\nSTRIPE_KEY=sk_live_1\n')
  const { faults } = readEnvFile(file)
  t.is(faults.length, 4)
  t.regex(faults[0] ?? '', /sets CLOCKLEEWAY, .* did you mean CLOCK_LEEWAY\?$/)
  t.regex(faults[1] ?? '', /sets PROT, .* did you mean PORT\?$/)
  t.regex(faults[2] ?? '', /sets STRIPE_KEY, .* the settings are PORT, HOST, /)
  t.regex(faults[3] ?? '', /sets issuer, .* did you mean ISSUER\?$/)
  t.notRegex(faults.join('\n'), /sk_live/)
})

test('a .env that cannot be read is a fault', async (t) => {
  const file = path.join(await temporaryFolder(t), '.env')
  mkdirSync(file)
  const { faults } = readEnvFile(file)
  t.is(faults.length, 1)
  t.regex(faults[0] ?? '', /\.env cannot be read/)
})

test('a variable one slip away from a setting gets a hint, and no other one does', (t) => {
  const hints = misspelt({
    PATH: '/bin',
    HOME: '/root',
    LOGLEVEL: 'debug',
    DATABASE_URI: 'x',
    COUNTERSIGN_PORT: 'tcp://10.0.0.1:4010',
    ISSUER: 'http://localhost:4010',
    ISUER: 'http://localhost:4010',
  })
  t.is(hints.length, 2)
  t.regex(hints[0] ?? '', /LOGLEVEL .* LOG_LEVEL/)
  t.regex(hints[1] ?? '', /DATABASE_URI .* DATABASE_URL/)
})
