/** `npm run build`: the package as it is published, `src` compiled to `dist`. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
process.exitCode = status ?? 1
