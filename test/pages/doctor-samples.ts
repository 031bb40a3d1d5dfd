/** The doctor's pages with ordinary and with hostile contents. */
import type { Diagnosis } from '../../src/doctor/diagnosis.ts'
import { diagnosisPage, doctorPage, forgottenPage } from '../../src/doctor/page.ts'

const refused: Diagnosis = {
  subject: 'POST /api/notes, with a token of web for alice, was refused with 403 at 2026-01-02.',
  checks: [
    { name: 'one set of credentials', outcome: 'passed', found: 'one Authorization header' },
    { name: 'credentials syntax', outcome: 'passed' },
    {
      name: 'scope',
      outcome: 'failed',
      says: 'The token has notes:read; this call also needs notes:write.',
      expected: ['notes:write'],
      found: ['notes:read'],
      refusal: 'insufficient-scope',
      fix: 'Start a new authorization.',
    },
    {
      name: 'time',
      outcome: 'failed',
      says: 'The token expired.',
      found: { exp: 1 },
      refusal: 'token-expired',
      fix: 'Refresh.',
    },
    { name: 'owner', outcome: 'not-reached' },
  ],
  refusal: 'insufficient-scope',
  advice: [
    {
      says: 'Open this in a browser:',
      command:
        'http://localhost:4010/oauth/authorize?client_id=web&scope=notes%3Aread+notes%3Awrite',
    },
    { says: 'Then:', command: 'curl -s \\\n  http://localhost:4010/oauth/token' },
  ],
  next: [],
}

const good: Diagnosis = {
  subject: 'A JWT of web for alice.',
  checks: [{ name: 'signature', outcome: 'passed' }],
  advice: [],
  next: [],
}

const parameter = {
  name: 'scope',
  value: 'notes:write',
  meaning: 'The scopes that this operation needs.',
  client: 'asks for these',
  source: 'RFC 6750 §3',
}

const challenge: Diagnosis = {
  ...good,
  challenges: [
    {
      scheme: 'Bearer',
      meaning: 'A token is wanted.',
      source: 'RFC 6750 §3',
      parameters: [parameter],
    },
    { scheme: 'Negotiate', meaning: 'Kerberos is wanted.', source: 'RFC 4559 §4', parameters: [] },
  ],
}

/** Everything that a stranger can have a say in. */
const hostileDiagnosis = (text: string): Diagnosis => ({
  subject: text,
  checks: [
    { name: text, outcome: 'passed', found: text, expected: text },
    { name: text, outcome: 'failed', says: text, fix: text, found: text, expected: [text, text] },
    { name: text, outcome: 'failed', says: text, fix: text, found: { [text]: text } },
    { name: text, outcome: 'not-reached' },
  ],
  advice: [
    { says: text, command: text },
    { says: text, command: 'javascript:alert(1)' },
    { says: text, command: `http://localhost:4010/${encodeURIComponent(text)}` },
  ],
  next: [],
  challenges: [
    {
      ...{ scheme: text, meaning: text, source: text },
      parameters: [{ ...parameter, name: text, value: text, source: text }],
    },
  ],
})

export const doctorSamples = (hostile: string): Readonly<Record<string, string>> => ({
  doctor: doctorPage(),
  'doctor-refused': diagnosisPage(refused),
  'doctor-good': diagnosisPage(good),
  'doctor-challenge': diagnosisPage(challenge),
  'doctor-hostile': diagnosisPage(hostileDiagnosis(hostile)),
  'doctor-forgotten': forgottenPage(),
})
