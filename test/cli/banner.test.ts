import test from 'ava'
import { banner } from '../../src/cli/banner.ts'
import type { BannerFacts } from '../../src/cli/banner.ts'

const facts: BannerFacts = {
  version: '1.2.3',
  issuer: 'http://localhost:4010',
  profile: 'local',
  openAddresses: [],
  seed: {
    kept: [],
    people: [
      { login: 'alice', password: 'wonderland', note: 'two notes' },
      { login: 'bob', password: 'builder', note: '' },
    ],
    clients: [
      { clientId: 'web', secret: 'web-secret', kind: 'confidential' },
      { clientId: 'spa', kind: 'public' },
      { clientId: 'service', secret: 'service-secret', kind: 'client credentials' },
    ],
  },
  hasTour: true,
  hints: [],
  color: false,
}

test('the screen says where the server is, who can sign in, which clients there are, and what to try', (t) => {
  t.is(
    banner(facts),
    `Countersign 1.2.3 is ready at http://localhost:4010

  Discovery  http://localhost:4010/.well-known/openid-configuration
  API        http://localhost:4010/api/notes

People
  alice  wonderland  two notes
  bob    builder

Clients
  web      web-secret      confidential
  spa      –               public
  service  service-secret  client credentials

Try
  Call the API without a token and read the challenge:
    curl -i http://localhost:4010/api/notes
  Get a token for a program:
    curl -u service:service-secret -d grant_type=client_credentials -d scope=notes:read \\
      http://localhost:4010/oauth/token
  Provoke any refusal on purpose, and ask why, by the X-Request-Id of an answer or by a token:
    npx countersign break token-expired --send
    npx countersign doctor <request id or token>
  See the whole handshake, step by step:
    npm run tour

`,
  )
})

test('it stays one screen of 40 lines and 100 columns, whatever there is to say', (t) => {
  const long = 'and so on '.repeat(30)
  const text = banner({
    ...facts,
    openAddresses: ['0.0.0.0', '::'],
    hints: Array.from({ length: 20 }, (_, n) => `HINT_${n} ${long}`),
    seed: {
      kept: Array.from({ length: 50 }, (_, n) => `person p${n}`),
      people: Array.from({ length: 50 }, (_, n) => ({
        login: `p${n}`,
        password: 'x',
        note: long,
      })),
      clients: Array.from({ length: 50 }, (_, n) => ({ clientId: `c${n}`, kind: long })),
    },
  })
  const lines = text.trimEnd().split('\n')
  t.true(lines.length <= 40, String(lines.length))
  for (const line of lines) t.true(line.length <= 100, line)
  t.regex(text, /and 45 more/)
  t.regex(text, /and 43 more/)
})

test('rows changed by hand and an open lab are told', (t) => {
  const text = banner({
    ...facts,
    openAddresses: ['0.0.0.0'],
    seed: { ...facts.seed, kept: ['person bob', 'client web'] },
    hints: ['PROT is no setting.'],
  })
  t.regex(text, /OPEN_LAB: other machines can reach this server \(HOST 0\.0\.0\.0\)/)
  t.regex(text, /Changed by hand.*: person bob, client web\./)
  t.regex(text, /PROT is no setting\./)
})

test('production names no people, no clients and nothing to try', (t) => {
  const text = banner({ ...facts, profile: 'production', issuer: 'https://id.example.com' })
  t.regex(text, /ready at https:\/\/id\.example\.com {2}\(production\)/)
  t.notRegex(text, /alice|web-secret|curl/)
})

test('without a service client and a tour it offers what there is', (t) => {
  const text = banner({ ...facts, hasTour: false, seed: { kept: [], people: [], clients: [] } })
  t.regex(text, /npx countersign client add --help/)
  t.notRegex(text, /npm run tour|service/)
})

test('colour is added on a terminal only, and changes no word', (t) => {
  const colored = banner({ ...facts, color: true })
  // eslint-disable-next-line no-control-regex
  const escapes = /\u001B\[\d+m/g
  t.regex(colored, escapes)
  t.is(colored.replaceAll(escapes, ''), banner(facts))
})

test('a name in the seed file cannot move the cursor', (t) => {
  const people = [{ login: 'eve', password: '\u001B[2J', note: 'a\nb' }]
  const text = banner({ ...facts, seed: { ...facts.seed, people } })
  t.false(text.includes('\u001B'))
  t.true(text.includes('a�b'))
})
