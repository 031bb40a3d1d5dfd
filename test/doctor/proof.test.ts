/** Tokens that are bound to a key, step-up and age, as the doctor tells them. */
import test from 'ava'
import { createProofKey, proofFor } from '../../src/lab/proof.ts'
import { age } from '../helpers/age.ts'
import { createPerson } from '../helpers/person.ts'
import { failedIn, firstFailure, startDoctor } from './doctor.ts'
import type { Doctor } from './doctor.ts'

const MFA = 'urn:countersign:mfa'
const key = createProofKey()

const boundToken = ({ mint }: Doctor) =>
  mint.mint({ scope: 'notes:read', claims: { cnf: { jkt: key.thumbprint } } })

test('a bound token sent as Bearer is recognised, and the next command proves the key', async (t) => {
  const doctor = await startDoctor(t)
  const token = await boundToken(doctor)
  const diagnosis = await doctor.judge(`Authorization: Bearer ${token}`)
  t.is(diagnosis.refusal, 'dpop-token-as-bearer')
  const first = firstFailure(t, diagnosis)
  t.like(first, { expected: 'the scheme DPoP', found: 'Bearer' })
  t.regex(first?.fix ?? '', /Authorization: DPoP <token>/)
  t.regex(diagnosis.next.join('\n'), /"Authorization: DPoP \$TOKEN" -H "DPoP: \$PROOF"/)
})

test('a pasted proof is judged and not used up: the same request is answered afterwards', async (t) => {
  const doctor = await startDoctor(t)
  const { issuer } = doctor
  const token = await boundToken(doctor)
  const url = `${issuer}/api/notes`
  const proof = proofFor({ method: 'GET', url, key, token })
  const command = `curl -H 'Authorization: DPoP ${token}' -H 'DPoP: ${proof}' ${url}`
  for (let times = 0; times < 2; times++) {
    const diagnosis = await doctor.judge(command)
    t.deepEqual([...failedIn(diagnosis)], [])
    t.like(
      diagnosis.checks.find(({ name }) => name === 'proof method'),
      { outcome: 'passed', found: 'GET' },
    )
  }
  const headers = { authorization: `DPoP ${token}`, dpop: proof }
  t.is((await fetch(url, { headers })).status, 200)
  const replayed = await fetch(url, { headers })
  const { refusal } = await doctor.examine(replayed.headers.get('x-request-id') ?? '')
  t.is(refusal, 'dpop-replay')
})

test('a proof for another request is told what it was made for', async (t) => {
  const doctor = await startDoctor(t)
  const { issuer } = doctor
  const token = await boundToken(doctor)
  const proof = proofFor({ method: 'POST', url: `${issuer}/api/notes`, key, token })
  const diagnosis = await doctor.judge(
    `GET /api/notes HTTP/1.1\nAuthorization: DPoP ${token}\nDPoP: ${proof}`,
  )
  t.is(diagnosis.refusal, 'dpop-proof-invalid')
  t.true(JSON.stringify(firstFailure(t, diagnosis)).includes('POST'))
  t.false(JSON.stringify(diagnosis).includes(proof.slice(-40)))
})

test('a step-up leads to an authorization with acr_values, max_age, openid and both scopes', async (t) => {
  const doctor = await startDoctor(t)
  const { issuer } = doctor
  const token = await doctor.mint.mint({
    clientId: 'spa',
    scope: 'notes:read',
    acr: 'urn:countersign:pwd',
  })
  const response = await fetch(`${issuer}/api/transfers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  t.is(response.status, 401)
  const { refusal, next } = await doctor.examine(response.headers.get('x-request-id') ?? '')
  t.is(refusal, 'step-up-acr')
  const url = new URL(next.find((one) => one.includes('/oauth/authorize?')) ?? '')
  t.like(Object.fromEntries(url.searchParams), {
    client_id: 'spa',
    scope: 'openid notes:read transfers:write',
    acr_values: MFA,
    max_age: '300',
  })
})

test('a token that was made older on order is told so', async (t) => {
  const doctor = await startDoctor(t)
  const { access_token } = await createPerson(doctor.issuer).tokens({ scope: 'openid notes:read' })
  t.deepEqual([...failedIn(await doctor.judge(access_token))], [])
  await age(doctor.server, 3_600)
  const diagnosis = await doctor.judge(access_token)
  t.is(diagnosis.refusal, 'token-expired')
  t.regex(
    firstFailure(t, diagnosis)?.says ?? '',
    /^The token expired 5\d minutes .* ago, .* Everything issued before was made 1 hour older, on order\.$/,
  )
})
