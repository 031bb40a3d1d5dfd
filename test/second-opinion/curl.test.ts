/** curl sends a token by an option of its own, and reads what it is told (RFC 6750). */
import test from 'ava'
import { parseChallenges } from '../../src/lib/http-auth.ts'
import { wholeBench } from '../adversarial/bench.ts'
import { findCurl } from '../helpers/curl.ts'
import { challengesReadFrom } from './oauth4webapi.ts'

const challengesIn = (text: string): string[] =>
  [...text.matchAll(/^WWW-Authenticate: (.*?)\r?$/gm)].map(([, line = '']) => line)

test('curl --oauth2-bearer with a good token is let in', async (t) => {
  const curl = await findCurl(t)
  if (!curl) return
  const { mint, server } = await wholeBench(t)
  const token = await mint.mint({ scope: 'notes:read' })
  const { code, status, text } = await curl('--oauth2-bearer', token, server.url('/api/whoami'))
  t.deepEqual([code, status], [0, [200]])
  t.true(text.includes('"sub":"alice"'))
  t.deepEqual(challengesIn(text), [])
})

test('curl --oauth2-bearer with a bad token is told why, in one challenge that everybody reads', async (t) => {
  const curl = await findCurl(t)
  if (!curl) return
  const { mint, server, now } = await wholeBench(t)
  for (const [token, id, words] of [
    [
      await mint.mint({ signer: 'stranger' }),
      'token-bad-signature',
      'The access token is not valid',
    ],
    [await mint.mint({ issuedAt: now - 600 }), 'token-expired', 'The access token expired'],
  ] as const) {
    const { code, status, text } = await curl('--oauth2-bearer', token, server.url('/api/whoami'))
    t.deepEqual([code, status], [0, [401]])
    const lines = challengesIn(text)
    const told = parseChallenges(lines).filter(({ params }) => params.has('error'))
    t.is(told.length, 1)
    t.deepEqual(Object.fromEntries(told[0]?.params ?? []), {
      realm: 'api',
      error: 'invalid_token',
      resource_metadata: server.url('/.well-known/oauth-protected-resource/api'),
      error_description: words,
      error_uri: server.url(`/refusals/${id}`),
    })
    t.deepEqual(
      (await challengesReadFrom(lines))?.map(({ scheme }) => scheme),
      ['bearer', 'dpop'],
    )
  }
})

test('curl without a token is invited, and asks for nothing again', async (t) => {
  const curl = await findCurl(t)
  if (!curl) return
  const { server } = await wholeBench(t)
  const { code, status, text } = await curl('--anyauth', server.url('/api/notes'))
  t.deepEqual([code, status], [0, [401]])
  t.deepEqual(
    challengesIn(text).map((line) => /^\w+/.exec(line)?.[0]),
    ['Bearer', 'DPoP'],
  )
})
