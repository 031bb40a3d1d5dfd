/** What the README shows for each client, as it stands in this folder, put to use by the tests beside it. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bin } from '../cli/run.ts'
import type { TestServer } from '../helpers/start.ts'

/** A file of this folder, where the addresses it names stand for others. */
export function asShown(file: string, addresses: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(import.meta.dirname, file), 'utf8')
  for (const [shown, real] of Object.entries(addresses)) {
    if (!text.includes(shown)) throw new Error(`${file} does not name ${shown}`)
    text = text.replaceAll(shown, real)
  }
  return text
}

/** Runs commands of the shell, with the server's own command line; answers what they print. */
export async function runShown(
  { dataDir }: Pick<TestServer, 'dataDir'>,
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const script = text.replaceAll('npx countersign', `"${process.execPath}" "${bin}"`)
  const { stdout } = await promisify(execFile)('/bin/sh', ['-ec', script], {
    env: { PATH: '/usr/bin:/bin', DATA_DIR: dataDir, ...env },
  })
  return stdout
}
