import test from 'ava'
import { breakageFor, provokableIds } from '../../src/lab/breakages.ts'
import { createPerson } from '../helpers/person.ts'
import { firstFailure, startDoctor } from './doctor.ts'

/** Time runs out in the tests of the HTTP edge. */
const ordinary = provokableIds.filter((id) => breakageFor(id).slow !== true)

type Provoked = {
  answer: { status: number; headers: [name: string, value: string][]; body: string }
}

test('for every refusal, the doctor’s first failed check is that one, and the answer itself leads there', async (t) => {
  const { server, examine, judge } = await startDoctor(t)
  for (const id of ordinary) {
    const response = await fetch(server.url(`/lab/break/${id}`), { method: 'POST' })
    const { answer } = (await response.json()) as Provoked
    const value = (wanted: string) =>
      answer.headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
    const diagnosis = await examine(value('x-request-id') ?? '')
    const first = firstFailure(t, diagnosis)
    t.is(first?.refusal, id)
    t.is(diagnosis.refusal, id)
    t.truthy(first?.fix, id)

    // Where the answer names its reason, it is enough to paste it.
    const told = `${answer.body} ${value('location') ?? ''} ${value('www-authenticate') ?? ''}`
    if (!told.includes(`refusals/${id}`) && !told.includes(encodeURIComponent(`refusals/${id}`))) {
      continue
    }
    const head = answer.headers.map((field) => field.join(': ')).join('\n')
    const pasted = await judge(`HTTP/1.1 ${answer.status} X\n${head}\n\n${answer.body}`)
    t.is(pasted.refusal, id)
    const challenges = answer.headers.filter(([name]) => name.toLowerCase() === 'www-authenticate')
    t.is(pasted.challenges?.length ?? 0, challenges.length, id)
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
