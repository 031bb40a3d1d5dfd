/** `npm run flow` in a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export type Ended = { status: number | null; stdout: string; stderr: string }

const script = join(import.meta.dirname, '..', '..', 'scripts', 'flow.ts')

/** `onOutput` is told all that was printed so far. */
export function runFlow(
  args: string[],
  onOutput?: (stdout: string) => void,
  signal?: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], { signal })
    const ended: Ended = { status: null, stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      ended.stdout += String(chunk)
      onOutput?.(ended.stdout)
    })
    child.stderr.on('data', (chunk) => (ended.stderr += String(chunk)))
    child.on('error', (error) => (ended.stderr += error.message))
    child.on('close', (status) => resolve({ ...ended, status }))
  })
}

/** Somebody who reads the first lines and goes, as `head` does. */
export function runFlowForAGlance(args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args])
    const ended: Ended = { status: null, stdout: '', stderr: '' }
    child.stdout.once('data', (chunk) => {
      ended.stdout += String(chunk)
      child.stdout.destroy()
    })
    child.stderr.on('data', (chunk) => (ended.stderr += String(chunk)))
    child.on('exit', (status) => resolve({ ...ended, status }))
  })
}
