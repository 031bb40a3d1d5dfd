/** Prints what a TAP report (AVA's `--tap`) says: the failures in full, the counts, and one plain closing line. */
import { readFileSync } from 'node:fs'

const report = readFileSync(process.argv[2] ?? '/dev/stdin', 'utf8').split('\n')

let passed = 0
let failed = 0
let skipped = 0
let printing = false
for (const line of report) {
  const result = /^(not )?ok \d+/.exec(line)
  if (result) {
    printing = false
    if (/# (SKIP|TODO)\b/i.test(line)) {
      skipped++
      console.log(line.replace(/^ok \d+ - /, 'skipped: '))
    } else if (result[1]) {
      failed++
      printing = true
    } else passed++
  }
  if (printing) console.log(line)
  if (/^# (tests|pass|fail|skip)/.test(line)) console.log(line)
}

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
