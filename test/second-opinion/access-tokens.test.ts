/** oauth4webapi judges the same tokens. What it refuses is refused here; where it refuses less, the table says why. */
import test from 'ava'
import { sharedBench } from '../adversarial/bench.ts'
import { tokens } from '../adversarial/tokens.ts'
import { opinionOn } from './oauth4webapi.ts'

const bench = sharedBench(test)

const TWO_SPELLINGS =
  'It takes text that is decoded alike for alike; we refuse what has two spellings.'
const TWO_READINGS =
  'It takes the last of two as JSON.parse does; we refuse what other readers read otherwise.'
const ANY_UTF8 = 'It decodes what is no UTF-8 with replacement characters.'
const ANY_DEPTH = 'It leaves the depth to JSON.parse.'
const ANY_LIFE =
  'It compares dates with its clock and not with one another, and does not judge iat.'
const ANY_TEXT = 'It asks for text, and lets it be empty.'
const OPTIONAL = 'It leaves claims that it does not need itself to the application.'
const EXTENSIONS = 'It looks at crit only, and b64 counts only there.'

/** By the title of the token: why oauth4webapi accepts what we refuse. */
const lenient: Readonly<Record<string, string>> = {
  'b64 without crit': EXTENSIONS,
  'b64 true without crit': EXTENSIONS,
  'b64 of text': EXTENSIONS,
  'b64 null': EXTENSIONS,
  'alg twice': TWO_READINGS,
  'alg twice, once escaped': TWO_READINGS,
  'kid twice': TWO_READINGS,
  'typ twice': TWO_READINGS,
  'a name twice, deep in the header': TWO_READINGS,
  'a header of lists in lists': ANY_DEPTH,
  'padding twice': TWO_SPELLINGS,
  'padding in its header': TWO_SPELLINGS,
  'padding in its payload': TWO_SPELLINGS,
  'unused bits in its signature': TWO_SPELLINGS,
  'unused bits in its header': TWO_SPELLINGS,
  'unused bits in its payload': TWO_SPELLINGS,
  '5 000 objects in objects': ANY_DEPTH,
  '33 lists in lists': ANY_DEPTH,
  'a byte order mark': TWO_SPELLINGS,
  'a quote spelt with two bytes': ANY_UTF8,
  'half a surrogate pair in bytes': ANY_UTF8,
  'a character cut off': ANY_UTF8,
  'a character beyond Unicode': ANY_UTF8,
  'exp twice': TWO_READINGS,
  'exp twice, once escaped': TWO_READINGS,
  'aud twice': TWO_READINGS,
  'iss twice': TWO_READINGS,
  'sub twice': TWO_READINGS,
  'scope twice': TWO_READINGS,
  'a name twice, deep inside': TWO_READINGS,
  'exp 1e400': ANY_LIFE,
  'iat 1e400': ANY_LIFE,
  'iat -1e400': ANY_LIFE,
  'nbf -1e400': ANY_LIFE,
  'exp 1e20': ANY_LIFE,
  'exp in milliseconds': ANY_LIFE,
  'iat 0': ANY_LIFE,
  'iat -1': ANY_LIFE,
  'iat in milliseconds': ANY_LIFE,
  'iat an hour ahead': ANY_LIFE,
  'a number among aud': 'It asks whether the audience is among them, and not what the others are.',
  'sub of nothing': ANY_TEXT,
  'client_id of nothing': ANY_TEXT,
  'jti of nothing': ANY_TEXT,
  'scope in a list': OPTIONAL,
  'scope null': OPTIONAL,
  'grant_id 1': OPTIONAL,
  'auth_time of text': OPTIONAL,
  'acr of an object': OPTIONAL,
}

for (const [what, outcome, make] of tokens) {
  const accepts = outcome === 'accepted' || lenient[what] !== undefined
  const verdict = accepts
    ? outcome === 'accepted'
      ? 'both accept'
      : 'we alone refuse'
    : 'both refuse'
  test(`${verdict} a token with ${what}`, async (t) => {
    const here = await bench()
    const fields = [`Authorization: Bearer ${await make(here)}`]
    const { accepted, why } = await opinionOn(here, { line: 'GET /api/whoami', fields })
    t.is(accepted, accepts, why)
  })
}

test('the table speaks of tokens there are, and of none that we accept', (t) => {
  const refused = new Set(tokens.flatMap(([what, outcome]) => (outcome === 'accepted' ? [] : what)))
  t.deepEqual(
    Object.keys(lenient).filter((what) => !refused.has(what)),
    [],
  )
})
