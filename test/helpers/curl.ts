/** curl for tests: a client that nobody here wrote. */
import { execFile } from 'node:child_process'
import type { ExecutionContext } from 'ava'

export type CurlAnswer = {
  /** curl's own exit code. */
  code: number
  /** Of the last answer of each address, in order. */
  status: number[]
  /** Every answer's header and body, as `curl -i` prints them. */
  text: string
}

export type Curl = (...args: string[]) => Promise<CurlAnswer>

/**
 * Runs curl without anybody's settings and proxies. Where there is none the test is passed over, saying so; under `CI=true` it
 * fails. A test therefore begins `const curl = await findCurl(t)` and `if (!curl) return`.
 */
export async function findCurl(t: ExecutionContext): Promise<Curl | undefined> {
  const { code } = await run(['--version'])
  if (code === 0) {
    return async (...args) => {
      const mark = '\n[status %{http_code}]\n'
      const { code, text } = await run(['-q', '-sSi', '--noproxy', '*', '-w', mark, ...args])
      const status = [...text.matchAll(/\n\[status (\d+)\]\n/g)].map(([, found]) => Number(found))
      return { code, status, text }
    }
  }
  if (process.env['CI'] === 'true') {
    t.fail('no curl: install the package curl')
  } else {
    t.log('skipped: install curl')
    t.pass()
  }
  return undefined
}

const run = (args: string[]): Promise<{ code: number; text: string }> =>
  new Promise((resolve) => {
    execFile('curl', args, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code) || -1, text: stdout })
    })
  })
