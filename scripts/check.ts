/** `npm run check`: types, lint, format, architecture, generated files. All of them, then one verdict. */
import { spawn } from 'node:child_process'

const checks: [name: string, command: string, args: string[]][] = [
  ['types', 'tsc', ['--noEmit']],
  ['lint', 'eslint', ['.', '--max-warnings', '0']],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['architecture', 'ava', ['test/architecture.test.ts']],
  ['generated files', process.execPath, ['scripts/generate.ts', '--check']],
]

type Outcome = { name: string; passed: boolean; output: string }

function run([name, command, args]: (typeof checks)[number]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (output += String(chunk)))
    child.on('error', (error) => resolve({ name, passed: false, output: error.message }))
    child.on('close', (code) => resolve({ name, passed: code === 0, output }))
  })
}

const outcomes = await Promise.all(checks.map(run))
for (const { name, passed, output } of outcomes) {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}`)
  if (!passed) console.log(output.trimEnd().replace(/^/gm, '       '))
}
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1
