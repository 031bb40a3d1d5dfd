/** A whole server with a doctor, tokens of its own making, and the means to ask. */
import type { ExecutionContext } from 'ava'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import { readMasterSecret } from '../../src/config/data-dir.ts'
import { createRevision } from '../../src/db/revision.ts'
import type { Diagnosis } from '../../src/doctor/diagnosis.ts'
import { createMint } from '../../src/lab/mint.ts'
import type { Mint } from '../../src/lab/mint.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { start, type TestOptions, type TestServer } from '../helpers/start.ts'

export type Doctor = {
  server: TestServer
  issuer: string
  mint: Mint
  /** `POST /doctor`. */
  judge: (input: string) => Promise<Diagnosis>
  /** `GET /doctor/<id>`. */
  examine: (requestId: string) => Promise<Diagnosis>
}

export async function startDoctor(t: ExecutionContext, options?: TestOptions): Promise<Doctor> {
  const server = await start(t, options)
  const { issuer, config, db } = server
  const secrets = createSecrets(readMasterSecret(config))
  const clock = systemClock
  const keys = await openSigningKeys({ db, clock, secrets, revision: createRevision(db) })
  const key = keys.privateKeys().find(({ alg }) => alg === 'ES256')
  if (!key) throw new Error('the server has no key for access tokens')
  return {
    server,
    issuer,
    mint: createMint({ keys: () => key, issuer, clock }),
    judge: async (input) => read(await postInput(issuer, input)),
    examine: async (requestId) => read(await fetch(`${issuer}/doctor/${requestId}`)),
  }
}

export const postInput = (issuer: string, input: unknown): Promise<Response> =>
  fetch(`${issuer}/doctor`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input }),
  })

async function read(response: Response): Promise<Diagnosis> {
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  return JSON.parse(text) as Diagnosis
}

/** The checks that failed, by name. */
export const failedIn = ({ checks }: Diagnosis) =>
  new Map(checks.filter(({ outcome }) => outcome === 'failed').map((check) => [check.name, check]))

/** The first that failed; all before it passed. */
export function firstFailure(t: ExecutionContext, { checks }: Diagnosis) {
  const at = checks.findIndex(({ outcome }) => outcome === 'failed')
  t.true(
    checks.slice(0, Math.max(0, at)).every(({ outcome }) => outcome === 'passed'),
    'everything before the first failure passed',
  )
  return checks[at]
}
