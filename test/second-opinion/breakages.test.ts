/** oauth4webapi judges what the lab breaks of tokens and proofs; where it lets something in, the table says why. */
import test from 'ava'
import { sharedBench } from '../adversarial/bench.ts'
import { proofBreakages } from '../../src/lab/breakages/proof.ts'
import { tokenBreakages } from '../../src/lab/breakages/tokens.ts'
import { opinionOn } from './oauth4webapi.ts'

const bench = sharedBench(test)

const NO_LIST = 'It knows no list of what was revoked; whoever uses it asks the issuer.'
const NO_MEMORY = 'It has no store; whoever uses it is to remember each jti.'

const lenient: Readonly<Record<string, string>> = {
  'token-revoked': NO_LIST,
  'token-subject-disabled': NO_LIST,
  'dpop-replay': NO_MEMORY,
  'dpop-nonce-required': 'It takes any nonce, or none.',
}

type Broken = { request: { method: string; url: string; headers: [name: string, value: string][] } }

for (const id of [...Object.keys(tokenBreakages), ...Object.keys(proofBreakages)]) {
  const accepts = lenient[id] !== undefined
  test(`${accepts ? 'we alone refuse' : 'both refuse'} what the lab breaks as ${id}`, async (t) => {
    const here = await bench()
    const response = await fetch(here.server.url(`/lab/break/${id}`))
    const { request } = (await response.json()) as Broken
    const { pathname, search } = new URL(request.url)
    const { accepted, why } = await opinionOn(here, {
      line: `${request.method} ${pathname}${search}`,
      fields: request.headers.map((field) => field.join(': ')),
    })
    t.is(accepted, accepts, why)
  })
}
