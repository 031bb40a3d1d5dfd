import test from 'ava'
import { refuseForeignForms } from '../../src/web/form-origin.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { echo, startEdge } from './edge-server.ts'
import compose from 'koa-compose'

const issuer = 'http://localhost:4010'
const allowedOrigins = ['http://other.example']

const post = async (
  t: Parameters<typeof startEdge>[0],
  lines: string[],
  method = 'POST',
): Promise<{ status: number; ids: string[] }> => {
  const server = await startEdge(t, {
    issuer,
    app: compose([refuseForeignForms({ issuer, allowedOrigins }), echo]),
  })
  const { status } = await sendRaw(
    server.port,
    requestOf([`${method} / HTTP/1.1`, 'Host: localhost:4010', 'Content-Length: 0', ...lines]),
  )
  return { status, ids: server.refused.map(({ id }) => id) }
}

const refused: [rule: string, lines: string[]][] = [
  ['another site', ['Origin: https://evil.example']],
  ['another port of this host', ['Origin: http://localhost:3000']],
  ['another name of this host', ['Origin: http://127.0.0.1:4010']],
  ['https instead of http', ['Origin: https://localhost:4010']],
  ['our origin with more behind it', ['Origin: http://localhost:4010.evil.example']],
  ['our origin in other letters', ['Origin: http://LOCALHOST:4010']],
  ['a page that hides its origin', ['Origin: null']],
  [
    'a page that hides its origin, though the browser calls it ours',
    ['Origin: null', 'Sec-Fetch-Site: same-origin'],
  ],
  ['an empty origin', ['Origin:']],
  ['two origins', ['Origin: http://localhost:4010', 'Origin: https://evil.example']],
  ['a cross-site form without an origin', ['Sec-Fetch-Site: cross-site']],
  ['a form of another port, which browsers call same-site', ['Sec-Fetch-Site: same-site']],
  [
    'our origin, though the browser says otherwise',
    [`Origin: ${issuer}`, 'Sec-Fetch-Site: cross-site'],
  ],
  ['a site no browser knows', ['Sec-Fetch-Site: somewhere']],
]

for (const [rule, lines] of refused) {
  test(`a form is refused: ${rule}`, async (t) => {
    t.deepEqual(await post(t, lines), { status: 403, ids: ['cross-site-form'] })
  })
}

const taken: [rule: string, lines: string[]][] = [
  ['from our own page', [`Origin: ${issuer}`, 'Sec-Fetch-Site: same-origin']],
  ['sent by the person', ['Sec-Fetch-Site: none']],
  ['from a program', []],
  [
    'from an origin allowed by name',
    ['Origin: http://other.example', 'Sec-Fetch-Site: cross-site'],
  ],
]

for (const [rule, lines] of taken) {
  test(`a form is taken: ${rule}`, async (t) => {
    t.deepEqual(await post(t, lines), { status: 200, ids: [] })
  })
}

test('every method that changes something is judged, and reading is not', async (t) => {
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    t.is((await post(t, ['Origin: null'], method)).status, 403, method)
  }
  t.is((await post(t, ['Origin: null', 'Sec-Fetch-Site: cross-site'], 'GET')).status, 200)
})
