/** A server to attack, and what an attacker would like to have: tokens made as the server makes them. */
import type { TestFn } from 'ava'
import type { JWK } from 'jose'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import { SIGNING_ALGORITHMS } from '../../src/authorization/keys/standing.ts'
import type { SigningAlgorithm } from '../../src/authorization/keys/standing.ts'
import { readMasterSecret } from '../../src/config/data-dir.ts'
import { createRevision } from '../../src/db/revision.ts'
import { createMint } from '../../src/lab/mint.ts'
import type { Mint } from '../../src/lab/mint.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { start } from '../helpers/start.ts'
import type { Owner, TestOptions, TestServer } from '../helpers/start.ts'
import { signingKey } from '../resource/api.ts'
import type { Api } from '../resource/api.ts'

export type Bench = {
  port: number
  issuer: string
  /** Seconds since the epoch, as the server counts them. */
  now: number
  mint: Mint
  /** The private key that access tokens are signed with (ES256). */
  key: JWK
}

export type WholeBench = Bench & {
  server: TestServer
  /** The private key that the server signs with, of each algorithm. */
  keys: Readonly<Record<SigningAlgorithm, JWK>>
}

/** A whole server. Its signing keys are read from its own database. */
export async function wholeBench(t: Owner, options?: TestOptions): Promise<WholeBench> {
  const server = await start(t, options)
  const { issuer, port, config, db } = server
  const clock = systemClock
  const secrets = createSecrets(readMasterSecret(config))
  const keys = await openSigningKeys({ db, clock, secrets, revision: createRevision(db) })
  const own = Object.fromEntries(
    SIGNING_ALGORITHMS.map((alg) => [alg, keys.privateKeys().find((one) => one.alg === alg)]),
  ) as Record<SigningAlgorithm, JWK>
  const key = own.ES256
  const mint = createMint({ keys: () => key, issuer, clock })
  return { server, issuer, port, now: clock.seconds(), mint, key, keys: own }
}

/** One whole server for all tests of a file, where no input leaves a trace that another one could meet. */
export function sharedBench(test: TestFn): () => Promise<WholeBench> {
  const endings: (() => unknown)[] = []
  let bench: Promise<WholeBench> | undefined
  test.after.always('the server stops', async () => {
    for (const end of endings.reverse()) await end()
  })
  return () => (bench ??= wholeBench({ teardown: (end) => endings.push(end) }))
}

/** The API alone, for faults behind it and another set of keys. */
export const benchOf = ({ issuer, port, mint, clock }: Api): Bench => ({
  issuer,
  port,
  mint,
  now: clock.seconds(),
  key: signingKey,
})
