import { execFile, execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import test from 'ava'
import fc from '../helpers/properties.ts'
import { findCurl } from '../helpers/curl.ts'
import { readPaste, requestIdOf } from '../../src/doctor/paste.ts'
import { readCurl } from '../../src/doctor/paste/curl.ts'
import { readAnswer } from '../../src/doctor/paste/http-text.ts'
import { shellWords, VARIABLE_END, VARIABLE_START } from '../../src/doctor/paste/shell-words.ts'

const ID = '0198c0de-0000-4000-8000-000000000001'
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

const kinds: Record<string, [input: string, kind: string][]> = {
  'request id': [
    [ID, 'alone'],
    [`\n ${ID.toUpperCase()} \n`, 'in capitals, with space around it'],
    [`urn:uuid:${ID}`, 'as a URN'],
    [`X-Request-Id: ${ID}`, 'as a header line'],
    [`http://localhost:4010/doctor/${ID}`, 'as an address'],
    [`{"type":"x","instance":"http://localhost:4010/doctor/${ID}"}`, 'in a problem'],
  ],
  token: [
    [JWT, 'a JWT'],
    ['Zm9yZ290dGVuLW9wYXF1ZS10b2tlbg', 'an opaque one'],
    [`{"access_token":"${JWT}","token_type":"Bearer"}`, 'in a token response'],
    [`"access_token": "${JWT}",`, 'a line of a token response'],
    [`${JWT.slice(0, 20)}\n${JWT.slice(20)}`, 'broken by a terminal'],
  ],
  authorization: [
    [`Authorization: Bearer ${JWT}`, 'a header line'],
    [`authorization:DPoP ${JWT}`, 'in another spelling'],
    [`-H "Authorization: Bearer ${JWT}"`, 'an option of curl'],
    [`Bearer ${JWT}`, 'without the name of the field'],
    [`Baerer ${JWT}`, 'with a mistyped scheme'],
    ['Digest username="alice", realm="x", nonce="y", uri="/", response="z"', 'Digest credentials'],
  ],
  request: [
    [`curl http://localhost:4010/api/notes`, 'a command'],
    [`$ TOKEN=x curl -s http://localhost:4010/api/notes | jq .`, 'a command with a prompt'],
    [
      `TOKEN=$(curl -s -d grant_type=x http://localhost:4010/oauth/token | sed s/x/y/)`,
      'inside another',
    ],
    [`GET /api/notes HTTP/1.1\r\nHost: localhost:4010\r\n\r\n`, 'a raw request'],
    [`GET /api/notes`, 'a request line'],
    [`Host: localhost\nAuthorization: Bearer ${JWT}\nVia: 1.1 x`, 'its header lines'],
    [
      `> GET /api/notes HTTP/1.1\n> Host: x\n>\n< HTTP/1.1 401 Unauthorized\n< Date: x`,
      'what curl -v prints',
    ],
    ['http://localhost:4010/oauth/authorize?client_id=web', 'an address'],
  ],
  answer: [
    ['HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer realm="api"\n\n{}', 'a response'],
    [`HTTP/2 403\nx-request-id: ${ID}`, 'its head alone'],
    [`WWW-Authenticate: Bearer realm="api"\nX-Request-Id: ${ID}`, 'its header lines'],
    [
      `> GET / HTTP/1.1\n< HTTP/1.1 401 Unauthorized\n< X-Request-Id: ${ID}`,
      'from curl -v, with an id',
    ],
  ],
  challenge: [
    ['WWW-Authenticate: Bearer realm="api"', 'a header line'],
    ['www-authenticate: Bearer realm="a"\nWWW-Authenticate: DPoP algs="ES256"', 'two lines'],
    ['Bearer realm="api", error="invalid_token"', 'without the name of the field'],
    ['Digest realm="x", qop="auth", nonce="y"', 'a Digest challenge'],
  ],
  error: [
    ['http://localhost:3000/callback?error=access_denied&state=x', 'in an address'],
    ['http://localhost:3000/callback#error=access_denied', 'in a fragment'],
    ['{"error":"invalid_grant","error_description":"x"}', 'in JSON'],
  ],
}

for (const [kind, samples] of Object.entries(kinds)) {
  for (const [input, what] of samples) {
    test(`${kind}: ${what}`, (t) => {
      t.is(readPaste(input).kind, kind as never)
    })
  }
}

test('a token is freed of what does not belong to it, and what was sent is kept', (t) => {
  t.deepEqual(readPaste(`"${JWT}"`), { kind: 'token', token: JWT, sent: `"${JWT}"` })
  t.deepEqual(readPaste(`"access_token": "${JWT}",`), { kind: 'token', token: JWT, sent: JWT })
  const broken = `${JWT.slice(0, 20)}\n  ${JWT.slice(20)}`
  t.like(readPaste(broken), { token: JWT, sent: broken.replace('\n  ', ' ') })
})

test('no text is too strange to be read', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readPaste(text)))
  const pieces = fc.constantFrom(
    'curl ',
    '"',
    "'",
    '\\',
    '$',
    '$(',
    '`',
    '-H',
    '\n',
    '{',
    'HTTP/1.1 ',
    ': ',
    'x',
    'Bearer ',
    '=',
    '<',
    '> ',
  )
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      readPaste(parts.join(''))
      readCurl(`curl ${parts.join('')}`)
    }),
  )
  t.pass()
})

const variable = (name: string) => VARIABLE_START + name + VARIABLE_END

const commands: [text: string, words: string[]][] = [
  ['a b  c', ['a', 'b', 'c']],
  [`'a b' "c d"e`, ['a b', 'c de']],
  [String.raw`"a\"b\\c\d" 'e\f'`, [String.raw`a"b\c\d`, String.raw`e\f`]],
  [String.raw`a\ b`, ['a b']],
  ['a \\\n  b', ['a', 'b']],
  ['a ^\r\n  b', ['a', 'b']],
  ["$'a\\'b\\n\\u0041\\x42'", ["a'b\nAB"]],
  ['a | b', ['a']],
  ['a; b', ['a']],
  ['a\nb', ['a']],
  ["a '' b", ['a', '', 'b']],
  ["a 'b", ['a', 'b']],
  ['"$TOKEN" ${A}x \'$B\' $(c d)', [variable('TOKEN'), `${variable('A')}x`, '$B', variable('…')]],
  ['', []],
]

for (const [text, words] of commands) {
  test(`shell words: ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(shellWords(text), words)
  })
}

test('a POSIX shell takes words apart in the same way', (t) => {
  const quoted = fc.array(fc.constantFrom('a', ' ', '"', "'", '\\', 'é', '-'), { maxLength: 12 })
  fc.assert(
    fc.property(quoted, (parts) => {
      const text = parts.join('')
      let printed: string
      try {
        printed = execFileSync('sh', ['-c', `printf '%s\\0' ${text}`], {
          encoding: 'utf8',
          stdio: 'pipe',
        })
      } catch {
        // An unclosed quote is an error there, and takes the rest here.
        return true
      }
      const theirs = printed.split('\0').slice(0, -1)
      const words = shellWords(text)
      // Without words printf prints its format once.
      return JSON.stringify(words.length === 0 ? [''] : words) === JSON.stringify(theirs)
    }),
    { numRuns: 150 },
  )
  t.pass()
})

/** Commands of which curl itself tells what they send. */
const sent: Record<string, (url: string) => string> = {
  'a plain GET': (url) => `curl ${url}/api/notes`,
  'a header': (url) => `curl -H 'Authorization: Bearer abc' ${url}/x`,
  'a long option, attached short ones': (url) =>
    `curl --header "X-A: b" -XPUT -sSHAuthorization:\\ Bearer\\ z ${url}/x`,
  'a form': (url) => `curl -d a=1 --data 'b=2 3' ${url}/x`,
  'an encoded form': (url) => `curl --data-urlencode 'a=b c&d' --data-urlencode '=x y' ${url}/x`,
  'a form in the query': (url) => `curl -G -d a=1 -d b=2 '${url}/x?c=3'`,
  'user and password': (url) => `curl -u web:web-secret -d grant_type=client_credentials ${url}/x`,
  'a header and a user': (url) => `curl -u a:b -H 'Authorization: Bearer c' ${url}/x`,
  'a bearer token': (url) => `curl --oauth2-bearer abc ${url}/x`,
  'two Authorization headers': (url) =>
    `curl -H 'Authorization: Bearer a' -H 'Authorization: Bearer b' ${url}/x`,
  'a header taken away': (url) => `curl -u a:b -H 'Authorization:' ${url}/x`,
  'an empty header': (url) => `curl -H 'X-Empty;' ${url}/x`,
  'a HEAD': (url) => `curl -I ${url}/x`,
  'a type of its own': (url) =>
    `curl -X POST -H 'Content-Type: application/json' -d '{"a":"b"}' ${url}/x`,
  'the address first, and by name': (url) => `curl --url ${url}/x -o /dev/null -A me`,
}

for (const [what, command] of Object.entries(sent)) {
  test(`curl sends what is read from its command: ${what}`, async (t) => {
    if (!(await findCurl(t))) return
    const received: { method: string; url: string; headers: [string, string][]; body: string }[] =
      []
    const server = createServer((req, res) => {
      let body = ''
      req.setEncoding('utf8').on('data', (text: string) => (body += text))
      req.on('end', () => {
        const fields = req.rawHeaders
        const headers = fields.flatMap((name, at): [string, string][] =>
          at % 2 === 0 ? [[name.toLowerCase(), fields[at + 1] ?? '']] : [],
        )
        received.push({ method: req.method ?? '', url: req.url ?? '', headers, body })
        res.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const text = command(url)
    const [program = '', ...words] = shellWords(text)
    await promisify(execFile)(program, ['-s', ...words])
    const [real] = received
    if (!real) throw new Error('curl sent nothing')
    const request = readCurl(text)
    t.is(request.method, real.method)
    t.is(request.url, url + real.url)
    t.is(request.body ?? '', real.body)
    t.deepEqual(comparable(request.headers), comparable(real.headers))
  })
}

/** What curl adds by itself says nothing about the command. */
const ITS_OWN = new Set(['host', 'user-agent', 'accept', 'content-length'])

const comparable = (headers: [string, string][]): string[] =>
  headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !ITS_OWN.has(name))
    .map((field) => field.join(': '))
    .toSorted()

test('the variables and the proxy of a command are noticed', (t) => {
  const request = readCurl('curl -x http://p:1 -H "Authorization: Bearer $TOKEN" "$BASE/api"')
  t.true(request.proxied)
  t.deepEqual(request.variables.toSorted(), ['BASE', 'TOKEN'])
})

test('the id of a request is found in each place an answer has it', (t) => {
  for (const text of [
    `HTTP/1.1 401 Unauthorized\nX-Request-Id: ${ID}`,
    `HTTP/1.1 400 Bad Request\nLink: <http://localhost:4010/doctor/${ID}>; rel="help"`,
    `HTTP/1.1 401 Unauthorized\nDate: x\n\n{"instance":"http://localhost:4010/doctor/${ID}"}`,
    `HTTP/1.1 100 Continue\n\nHTTP/1.1 401 Unauthorized\nX-Request-Id: ${ID}`,
  ]) {
    const answer = readAnswer(text)
    t.is(answer && requestIdOf(answer), ID)
  }
})
