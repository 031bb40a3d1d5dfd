import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { prepareDataDir, readMasterSecret } from '../../src/config/data-dir.ts'
import { sqliteUrl } from '../../src/db/address.ts'
import { StartFault } from '../../src/lib/fault.ts'
import { temporaryFolder } from '../helpers/database.ts'

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)

async function place(t: Parameters<typeof temporaryFolder>[0]) {
  const dataDir = path.join(await temporaryFolder(t), 'deep', 'data')
  return { dataDir, databaseUrl: sqliteUrl(path.join(dataDir, 'data.db')) }
}

const faultOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof StartFault) return error.message
    throw error
  }
  return ''
}

test('the data folder is made for its owner alone', async (t) => {
  const config = await place(t)
  prepareDataDir(config)
  t.is(modeOf(config.dataDir), '700')
  prepareDataDir(config)
})

test('the mode of a folder that exists is left alone', async (t) => {
  const config = await place(t)
  mkdirSync(config.dataDir, { recursive: true, mode: 0o755 })
  chmodSync(config.dataDir, 0o755)
  prepareDataDir(config)
  t.is(modeOf(config.dataDir), '755')
})

test('no folder is made when the secret is set and the database is elsewhere', async (t) => {
  const { dataDir } = await place(t)
  prepareDataDir({ dataDir, databaseUrl: 'postgresql://db/x', secret: 'x'.repeat(32) })
  t.false(existsSync(dataDir))
  prepareDataDir({ dataDir, databaseUrl: 'postgresql://db/x' })
  t.true(existsSync(dataDir))
})

test('a data folder that cannot be made is one clear fault', async (t) => {
  const { dataDir, databaseUrl } = await place(t)
  mkdirSync(path.dirname(dataDir), { recursive: true })
  writeFileSync(dataDir, 'a file in its place')
  const fault = faultOf(() => prepareDataDir({ dataDir, databaseUrl }))
  t.regex(fault, /^DATA_DIR .*\/deep\/data cannot be used \(EEXIST\)/)
})

test('the master secret is made once, for its owner alone, and nothing else is left beside it', async (t) => {
  const config = await place(t)
  prepareDataDir(config)
  const secret = readMasterSecret(config)
  t.true(secret.length >= 43)
  t.is(modeOf(path.join(config.dataDir, 'secret')), '600')
  t.is(readMasterSecret(config), secret)
  t.deepEqual(readdirSync(config.dataDir), ['secret'])
})

test('a secret that was set is used, and no file is made', async (t) => {
  const config = { ...(await place(t)), secret: 'y'.repeat(40) }
  prepareDataDir(config)
  t.is(readMasterSecret(config), config.secret)
  t.deepEqual(readdirSync(config.dataDir), [])
})

test('a secret that others may read is refused, with the command that cures it, and not repaired', async (t) => {
  const config = await place(t)
  prepareDataDir(config)
  const secret = readMasterSecret(config)
  const file = path.join(config.dataDir, 'secret')
  chmodSync(file, 0o640)
  const fault = faultOf(() => readMasterSecret(config))
  t.regex(fault, /mode 0640\); run "chmod 600 .*\/secret"/)
  t.false(fault.includes(secret))
  t.is(modeOf(file), '640')
})

test('an empty or cut off secret is refused rather than used', async (t) => {
  const config = await place(t)
  prepareDataDir(config)
  const file = path.join(config.dataDir, 'secret')
  writeFileSync(file, 'abc\n', { mode: 0o600 })
  t.regex(
    faultOf(() => readMasterSecret(config)),
    /3 characters long/,
  )
  t.is(readFileSync(file, 'utf8'), 'abc\n')
})
