import test from 'ava'
import { breakageFor, provokableIds } from '../../src/lab/breakages.ts'
import type { Provocation } from '../../src/lab/lab.ts'
import { rowOf } from '../../src/refusals/catalogue.ts'
import { createPerson } from '../helpers/person.ts'
import { headerValue, headerValues, sendRaw } from '../helpers/raw-http.ts'
import { firstFailure, startDoctor } from './doctor.ts'

/** Time runs out in the tests of the HTTP edge. */
const ordinary = provokableIds.filter((id) => !breakageFor(id).slow)

test('for every refusal that can be provoked, the doctor’s first failed check is that one', async (t) => {
  const { server, examine, judge } = await startDoctor(t)
  for (const id of ordinary) {
    const prepared = await fetch(server.url(`/lab/break/${id}`))
    const { raw } = (await prepared.json()) as Provocation
    const response = await sendRaw(server.port, raw)
    const requestId = headerValue(response, 'X-Request-Id') ?? ''
    t.is(response.status, rowOf(id).status, id)
    const diagnosis = await examine(requestId)
    const first = firstFailure(t, diagnosis)
    t.is(first?.refusal, id)
    t.is(diagnosis.refusal, id)
    t.truthy(first?.fix, id)

    // The answer itself leads to the same explanation.
    const head = response.headers.map((field) => field.join(': ')).join('\n')
    const pasted = await judge(
      `HTTP/1.1 ${response.status} ${response.reason}\n${head}\n\n${response.body}`,
    )
    t.is(pasted.refusal, id)
    t.is(pasted.challenges?.length ?? 0, headerValues(response, 'WWW-Authenticate').length, id)
    // What is not active says no more.
    const isJson = /json/.test(headerValue(response, 'Content-Type') ?? '')
    if (isJson && id !== 'introspect-inactive') {
      t.is((await judge(response.body)).refusal, id)
    }
  }
})

test('a refusal from behind the guard shows the whole list as passed, with what was seen', async (t) => {
  const { issuer, examine } = await startDoctor(t)
  const { access_token } = await createPerson(issuer).tokens({ scope: 'openid notes:read' })
  const response = await fetch(`${issuer}/api/notes/note-bob-1`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  t.is(response.status, 404)
  const diagnosis = await examine(response.headers.get('x-request-id') ?? '')
  t.regex(
    diagnosis.subject,
    /^GET \/api\/notes\/note-bob-1, with a token of web for alice, was refused with 404 /,
  )
  t.is(diagnosis.refusal, 'hidden')
  t.is(diagnosis.checks.at(-1)?.refusal, 'hidden')
  const scope = diagnosis.checks.find(({ name }) => name === 'scope')
  t.like(scope, { outcome: 'passed', expected: ['notes:read'] })
  t.deepEqual(diagnosis.next, [`curl -H "Authorization: Bearer $TOKEN" ${issuer}/api/whoami`])
})

test('the token of a refused request is named in words only where its signature is good', async (t) => {
  const { issuer, mint, examine } = await startDoctor(t)
  const token = await mint.mint({ signer: 'stranger' })
  const response = await fetch(`${issuer}/api/notes`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { subject } = await examine(response.headers.get('x-request-id') ?? '')
  t.regex(subject, /^GET \/api\/notes was refused with 401 /)
})
