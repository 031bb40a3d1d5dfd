/** Programs of other people that some tests need: where one is missing, the test says which package has it. */
import { existsSync } from 'node:fs'
import type { ExecutionContext } from 'ava'

/**
 * Whether all these files are there, each with the Debian package that brings it. Where one is not, the test is passed over,
 * saying so; under `CI=true` it fails. A test therefore begins `if (!isInstalled(t, …)) return`.
 */
export function isInstalled(
  t: ExecutionContext,
  needed: Readonly<Record<string, string>>,
): boolean {
  const missing = Object.keys(needed).filter((file) => !existsSync(file))
  if (missing.length === 0) return true
  const packages = [...new Set(missing.map((file) => needed[file]))].join(' ')
  if (process.env['CI'] === 'true') {
    t.fail(`not there: ${missing.join(', ')}; apt-get install ${packages}`)
  } else {
    t.log(`skipped: apt-get install ${packages}`)
    t.pass()
  }
  return false
}
