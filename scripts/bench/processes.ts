/** Starts a server in a process of its own, so that the load and the server do not share an event loop. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export type Running = { issuer: string; process: ChildProcess; stop(): Promise<void> }

export async function startProcess(
  file: string,
  env: Record<string, string> = {},
): Promise<Running> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async () => {
    if (child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const { issuer } = JSON.parse(line) as { issuer: string }
    child.stdout.resume()
    return { issuer, process: child, stop }
  }
  throw new Error(`${file} did not start`)
}

/** Seconds from the start of a process to its first 200 on discovery. */
export async function secondsToFirstAnswer(
  args: readonly string[],
  port: number,
  env: Record<string, string>,
): Promise<number> {
  const begun = performance.now()
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: 'ignore' })
  const gone = once(child, 'exit')
  const url = `http://127.0.0.1:${port}/.well-known/openid-configuration`
  try {
    while (performance.now() - begun < 20_000) {
      const status = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
        (response) => response.status,
        () => undefined,
      )
      if (status === 200) return (performance.now() - begun) / 1000
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error(`no answer at ${url} within 20 seconds`)
  } finally {
    child.kill('SIGTERM')
    await gone
  }
}
