import test from 'ava'
import type { RefusalId } from '../../src/refusals/catalogue.ts'
import { createPerson } from '../helpers/person.ts'
import { failedIn, firstFailure, startDoctor } from './doctor.ts'
import type { Doctor } from './doctor.ts'

type Classic = {
  /** What is pasted. */
  paste: (doctor: Doctor, token: string) => Promise<string> | string
  refusal: RefusalId
  check: string
  says: RegExp
  fix: RegExp
}

const MISSING_SCOPE = 'scope=notes%3Aread+notes%3Awrite'

/** The parts of a token with dates of their own. */
async function dated({ mint }: Doctor, offsets: Record<string, number>): Promise<string> {
  const { header, payload } = await mint.parts({ scope: 'notes:read' })
  const now = Number(payload.iat)
  for (const [name, offset] of Object.entries(offsets)) payload[name] = now + offset
  return mint.compose({ header, payload })
}

const otherIssuer = async ({ mint }: Doctor, iss: string) => mint.mint({ claims: { iss } })

const classics: Record<string, Classic> = {
  'a token that expired: how long ago, after how long a life': {
    paste: (doctor) => dated(doctor, { iat: -3_900, exp: -3_600 }),
    refusal: 'token-expired',
    check: 'time',
    says: /expired 1 hour ago, 5 minutes after it was issued\. If that cannot be, compare clocks/,
    fix: /refresh token/,
  },
  'a token that expired and comes from the future: a clock is wrong': {
    paste: (doctor) => dated(doctor, { iat: 600, exp: -5 }),
    refusal: 'token-expired',
    check: 'time',
    says: /comes from the future, so one of the clocks is wrong/,
    fix: /refresh token/,
  },
  'a token from the future: whose clock is ahead': {
    paste: (doctor) => dated(doctor, { iat: 3_600, exp: 3_900 }),
    refusal: 'token-not-yet-valid',
    check: 'time',
    says: /was issued (1 hour|59 minutes and \d+ seconds?) in the future.*clock.*is ahead/,
    fix: /NTP/,
  },
  'dates in milliseconds': {
    paste: async ({ mint }) => {
      const { header, payload } = await mint.parts()
      const exp = Number(payload.exp) * 1000
      return mint.compose({ header, payload: { ...payload, exp } })
    },
    refusal: 'token-claims-invalid',
    check: 'time',
    says: /milliseconds/,
    fix: /seconds since 1970/,
  },
  'a token for another API': {
    paste: ({ mint }) => mint.mint({ audience: 'https://other.example' }),
    refusal: 'token-wrong-audience',
    check: 'audience',
    says: /issued for https:\/\/other\.example, and this is http:\/\/localhost:\d+\/api/,
    fix: /resource=http:\/\/localhost:\d+\/api/,
  },
  'a token for userinfo alone': {
    paste: ({ mint, issuer }) => mint.mint({ audience: `${issuer}/oauth/userinfo` }),
    refusal: 'token-wrong-audience',
    check: 'audience',
    says: /for userinfo alone/,
    fix: /resource=/,
  },
  'a token of another issuer': {
    paste: (doctor) => otherIssuer(doctor, 'https://accounts.example'),
    refusal: 'token-wrong-issuer',
    check: 'issuer',
    says: /comes from https:\/\/accounts\.example/,
    fix: /Get the token from http:\/\/localhost/,
  },
  'a token of this server under https': {
    paste: (doctor) => otherIssuer(doctor, doctor.issuer.replace('http:', 'https:')),
    refusal: 'token-wrong-issuer',
    check: 'issuer',
    says: /names this server in another way: https instead of http\. /,
    fix: /Use http:\/\/localhost:\d+ everywhere/,
  },
  'a token of this server under 127.0.0.1, with a slash': {
    paste: (doctor) => otherIssuer(doctor, `${doctor.issuer.replace('localhost', '127.0.0.1')}/`),
    refusal: 'token-wrong-issuer',
    check: 'issuer',
    says: /the host 127\.0\.0\.1 instead of localhost and a slash at the end/,
    fix: /everywhere/,
  },
  'a token of this server under another port': {
    paste: (doctor) => otherIssuer(doctor, 'http://localhost:1'),
    refusal: 'token-wrong-issuer',
    check: 'issuer',
    says: /port 1 instead of port \d+/,
    fix: /everywhere/,
  },
  'quotes around the token': {
    paste: (_, token) => `"${token}"`,
    refusal: 'credentials-malformed',
    check: 'credentials syntax',
    says: /quotes around the token/,
    fix: /without quotes/,
  },
  'the scheme twice': {
    paste: (_, token) => `Authorization: Bearer Bearer ${token}`,
    refusal: 'credentials-malformed',
    check: 'credentials syntax',
    says: /scheme stands there twice/,
    fix: /Write the scheme once/,
  },
  'a colon after the scheme': {
    paste: (_, token) => `Authorization: Bearer: ${token}`,
    refusal: 'credentials-malformed',
    check: 'credentials syntax',
    says: /colon after the scheme/,
    fix: /Authorization: Bearer <token>/,
  },
  'a token that a terminal broke': {
    paste: (_, token) => `${token.slice(0, 80)}\n${token.slice(80)}`,
    refusal: 'credentials-malformed',
    check: 'credentials syntax',
    says: /white space inside the token/,
    fix: /in one piece/,
  },
  'a token that a page shortened': {
    paste: (_, token) => `Bearer ${token.slice(0, 40)}…`,
    refusal: 'credentials-malformed',
    check: 'credentials syntax',
    says: /ends in dots/,
    fix: /whole token/,
  },
  'a token cut in its signature': {
    paste: (_, token) => token.slice(0, -22),
    refusal: 'token-bad-signature',
    check: 'signature',
    says: /signature has 48 bytes where ES256 makes 64/,
    fix: /Copy the token whole/,
  },
  'a token cut after its payload': {
    paste: (_, token) => token.slice(0, token.lastIndexOf('.')),
    refusal: 'token-malformed',
    check: 'structure',
    says: /two parts instead of three/,
    fix: /Copy the token whole/,
  },
  'a token cut in its header': {
    paste: (_, token) => token.slice(0, 20),
    refusal: 'token-unknown',
    check: 'structure',
    says: /ends in its first part/,
    fix: /three parts/,
  },
  'a word where the token should be': {
    paste: () => 'Authorization: Bearer undefined',
    refusal: 'token-unknown',
    check: 'structure',
    says: /placeholder/,
    fix: /variable was empty/,
  },
  'a variable that single quotes kept from the shell': {
    paste: ({ issuer }) => `curl -H 'Authorization: Bearer $TOKEN' ${issuer}/api/notes`,
    refusal: 'credentials-malformed',
    check: 'credentials syntax',
    says: /placeholder/,
    fix: /variable/,
  },
  'a mistyped scheme': {
    paste: (_, token) => `Authorization: Baerer ${token}`,
    refusal: 'unsupported-scheme',
    check: 'known scheme',
    says: /"baerer", which was probably meant to be Bearer/,
    fix: /Authorization: Bearer <token>/,
  },
  'a scheme with a letter too many': {
    paste: (_, token) => `Authorization: Bearerx ${token}`,
    refusal: 'unsupported-scheme',
    check: 'known scheme',
    says: /"bearerx", which was probably meant to be Bearer/,
    fix: /Authorization: Bearer <token>/,
  },
  'another word for Bearer': {
    paste: (_, token) => `Authorization: Token ${token}`,
    refusal: 'unsupported-scheme',
    check: 'known scheme',
    says: /"token", which was probably meant to be Bearer/,
    fix: /Authorization: Bearer <token>/,
  },
  'a header without a scheme': {
    paste: (_, token) => `Authorization: ${token}`,
    refusal: 'unsupported-scheme',
    check: 'known scheme',
    says: /scheme before it is missing/,
    fix: /Write the scheme and a space/,
  },
  'a header that a proxy kept': {
    paste: () =>
      'GET /api/notes HTTP/1.1\nHost: api.example\nVia: 1.1 nginx\nX-Forwarded-For: 10.0.0.1',
    refusal: 'no-credentials',
    check: 'credentials present',
    says: /through a proxy \(it has via and x-forwarded-for\) and has no Authorization/,
    fix: /proxy_set_header Authorization/,
  },
  'a command that goes through a proxy': {
    paste: ({ issuer }) => `curl -x http://proxy.example:3128 ${issuer}/api/notes`,
    refusal: 'no-credentials',
    check: 'credentials present',
    says: /through a proxy/,
    fix: /Call the server directly/,
  },
  'a scope that is missing': {
    paste: ({ issuer }, token) =>
      `curl -X POST ${issuer}/api/notes \\\n  -H "Authorization: Bearer ${token}"`,
    refusal: 'insufficient-scope',
    check: 'scope',
    says: /has notes:read; this call also needs notes:write/,
    fix: /new authorization/,
  },
}

for (const [name, { paste, refusal, check, says, fix }] of Object.entries(classics)) {
  test(`${name} is recognised`, async (t) => {
    const doctor = await startDoctor(t)
    const token = await doctor.mint.mint({ scope: 'notes:read' })
    const diagnosis = await doctor.judge(await paste(doctor, token))
    const found = failedIn(diagnosis).get(check)
    t.is(diagnosis.refusal, refusal)
    t.is(found?.refusal, refusal)
    t.regex(found?.says ?? '', says)
    t.regex(found?.fix ?? '', fix)
    t.true(diagnosis.next.length > 0)
    t.false(JSON.stringify(diagnosis).includes(token.slice(-40)), 'the token is not repeated')
  })
}

test('what is wrong with how a token was sent does not hide what the token says', async (t) => {
  const doctor = await startDoctor(t)
  const expired = await dated(doctor, { iat: -3_900, exp: -3_600 })
  const diagnosis = await doctor.judge(`Bearer "${expired}"`)
  t.deepEqual([...failedIn(diagnosis).keys()], ['credentials syntax', 'time'])
})

test('an ID token is recognised for what it is, and the access token beside it is good', async (t) => {
  const doctor = await startDoctor(t)
  const tokens = await createPerson(doctor.issuer).tokens()
  const diagnosis = await doctor.judge(tokens.id_token)
  const first = firstFailure(t, diagnosis)
  t.is(diagnosis.refusal, 'token-wrong-typ')
  t.is(first?.says, 'This is an ID token, for the client web, and not an access token.')
  t.regex(first?.fix ?? '', /Send the access_token/)

  const good = await doctor.judge(tokens.access_token)
  t.deepEqual([...failedIn(good)], [])
  t.regex(good.subject, /^A JWT of web for alice, judged as /)
  t.deepEqual(good.next, [])
})

test('a refresh token is recognised, and still works afterwards', async (t) => {
  const doctor = await startDoctor(t)
  const person = createPerson(doctor.issuer)
  const { refresh_token } = await person.tokens()
  const diagnosis = await doctor.judge(refresh_token)
  t.regex(diagnosis.subject, /^A refresh token, judged as /)
  t.is(diagnosis.refusal, 'token-unknown')
  const first = firstFailure(t, diagnosis)
  t.is(first?.says, 'This is a refresh token, and no API takes one.')
  t.regex(first?.fix ?? '', /grant_type=refresh_token/)
  t.is((await person.refresh(refresh_token)).status, 200)
})

test('an authorization code is recognised, and can still be redeemed', async (t) => {
  const doctor = await startDoctor(t)
  const person = createPerson(doctor.issuer)
  const { code, pkce } = await person.code()
  const first = firstFailure(t, await doctor.judge(code))
  t.is(first?.says, 'This is an authorization code, not a token.')
  t.is((await person.redeem(code, pkce)).status, 200)
})

test('an opaque token is introspected, and is good where it belongs alone', async (t) => {
  const doctor = await startDoctor(t)
  const { issuer } = doctor
  const { access_token } = await createPerson(issuer).tokens({ scope: 'openid ledger:read' })
  t.false(access_token.includes('.'))
  const good = await doctor.judge(access_token)
  t.deepEqual([...failedIn(good)], [])
  t.regex(good.subject, /^An opaque access token of web for alice, judged as \S+\/ledger /)

  const misplaced = await doctor.judge(`GET /api/notes\nAuthorization: Bearer ${access_token}`)
  t.is(misplaced.refusal, 'token-unknown')
  t.regex(failedIn(misplaced).get('structure')?.says ?? '', /takes JWTs/)
})

test('a missing scope comes with the address that asks for it, for the client of the token', async (t) => {
  const doctor = await startDoctor(t)
  const { issuer } = doctor
  const token = await doctor.mint.mint({ clientId: 'spa', scope: 'notes:read' })
  const { next } = await doctor.judge(
    `curl -X POST -H 'Authorization: Bearer ${token}' ${issuer}/api/notes`,
  )
  const url = next.find((one) => one.startsWith(`${issuer}/oauth/authorize?`)) ?? ''
  t.true(url.includes(MISSING_SCOPE), url)
  t.like(Object.fromEntries(new URL(url).searchParams), {
    client_id: 'spa',
    redirect_uri: 'http://localhost:5173/callback',
    resource: `${issuer}/api`,
    response_type: 'code',
    code_challenge_method: 'S256',
  })
  // It is a request that is answered: with the sign-in page.
  t.is((await fetch(url, { redirect: 'manual' })).status, 303)
})
