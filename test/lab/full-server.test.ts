import test from 'ava'
import type { ExecutionContext } from 'ava'
import { openSigningKeys } from '../../src/authorization/keys.ts'
import { readMasterSecret } from '../../src/config/data-dir.ts'
import { createDenylist } from '../../src/db/denylist.ts'
import { createRevision } from '../../src/db/revision.ts'
import { createResources } from '../../src/directory/resources.ts'
import { breakageFor, provokableIds } from '../../src/lab/breakages.ts'
import { createMint } from '../../src/lab/mint.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createSecrets } from '../../src/lib/secrets.ts'
import { protectedResource } from '../../src/resource/metadata.ts'
import { start } from '../helpers/start.ts'
import { assertGood, assertProvoked } from './provoke.ts'
import type { Target } from './provoke.ts'

/** A server as it is started, and the keys and lists it works with, read from its own database. */
async function fullTarget(t: ExecutionContext): Promise<Target> {
  const { issuer, port, config, db } = await start(t)
  const clock = systemClock
  const secrets = createSecrets(readMasterSecret(config))
  const revision = createRevision(db)
  const signingKeys = await openSigningKeys({ db, clock, secrets, revision })
  const denylist = createDenylist({ db, clock, revision })
  const api = (await createResources({ db, issuer })).byIdentifier(`${issuer}/api`)
  const key = signingKeys.privateKeys().find(({ alg }) => alg === 'ES256')
  if (!api || !key) throw new Error('the seed has an API, and the server a key for its tokens')
  return {
    issuer,
    port,
    doctor: true,
    resource: protectedResource(api),
    mint: createMint({ keys: () => key, issuer, clock }),
    sub: 'bob',
    notes: { foreign: async () => 'note-alice-1', readOnly: async () => 'note-alice-shared' },
    deny: (name, reason) => denylist.deny(name, reason),
    setFaults: () => undefined,
  }
}

/** Faults behind the API are made in the resource tests, and time runs out in those of the HTTP edge. */
const ordinary = provokableIds.filter((id) => {
  const { faults, slow } = breakageFor(id)
  return !faults && !slow
})

test('every refusal that a request alone can provoke is provoked on a whole server', async (t) => {
  const target = await fullTarget(t)
  await assertGood(t, target)
  for (const id of ordinary) await assertProvoked(t, target, id)
  await assertGood(t, target)
})
