/** oauth4webapi judges the same proofs of possession (RFC 9449 §4.3); where it judges otherwise, the table says why. */
import test from 'ava'
import { sharedBench } from '../adversarial/bench.ts'
import { proofs } from '../adversarial/proofs.ts'
import { opinionOn } from './oauth4webapi.ts'

const bench = sharedBench(test)

const NO_MEMORY = 'It has no store; whoever uses it is to remember each jti.'
const ANY_LENGTH = 'It sets no limit to a jti, nor to a header.'
const DOTS =
  'It resolves dots in a path (RFC 3986 §6.2.2.3); no router here takes one path for another.'

/** By the title of the proof. */
const lenient: Readonly<Record<string, string>> = {
  'a proof used twice': NO_MEMORY,
  'a jti used twice, for two addresses': NO_MEMORY,
  'a jti of 1 MB': ANY_LENGTH,
  'a jti of 8 kB': ANY_LENGTH,
  'dots in htu': DOTS,
  'dots in htu, escaped': DOTS,
  'a nonce of the authorization server': 'It takes any nonce, or none.',
}
const stricter: Readonly<Record<string, string>> = {
  'escapes in htu that need not be': 'It does not undo them, as RFC 3986 §6.2.2.2 asks.',
}

for (const { what, answer, request, bench: own } of proofs) {
  // A server of its own: another judge would need another issuer.
  if (own) continue
  const weAccept = answer.status === 200
  const accepts = weAccept ? stricter[what] === undefined : lenient[what] !== undefined
  const verdict = weAccept === accepts ? `both ${accepts ? 'accept' : 'refuse'}` : 'we differ on'
  test(`${verdict} ${what}`, async (t) => {
    const here = await bench()
    const { accepted, why } = await opinionOn(here, await request(here))
    t.is(accepted, accepts, why)
  })
}

test('the table speaks of proofs there are', (t) => {
  const titles = proofs.map(({ what }) => what)
  for (const what of Object.keys({ ...lenient, ...stricter })) t.true(titles.includes(what), what)
})
