/** Writes the files that are made from the source. `--check` writes nothing, and exits with 1 naming those that are stale. */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { envExample } from './env-example.ts'
import { readme } from './readme.ts'

/** Path from the project's root → its text. */
const generated: Readonly<Record<string, () => string | Promise<string>>> = {
  '.env.example': envExample,
  'README.md': readme,
}

const root = path.join(import.meta.dirname, '..')
const onlyCheck = process.argv.includes('--check')
const stale: string[] = []

for (const [name, make] of Object.entries(generated)) {
  const file = path.join(root, name)
  const text = await make()
  const before = await readFile(file, 'utf8').catch(() => undefined)
  if (before === text) continue
  stale.push(name)
  if (!onlyCheck) await writeFile(file, text)
}

if (onlyCheck && stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run "npm run generate".`)
  process.exitCode = 1
} else {
  console.log(stale.length === 0 ? 'Generated files are up to date.' : `Wrote ${stale.join(', ')}.`)
}
