/** Every refusal, in the order of the catalogue: the request that provokes it, the answer, why, and what to do then. */
import { chapters, chapterTitles, rowOf, type RefusalId } from '../../src/refusals/catalogue.ts'
import type { Provoked } from '../../src/lab/lab.ts'
import { shorten, type Show, type Shown } from '../kit/show.ts'

/** Fields of the answer that say something about the refusal. */
const TELLING = [
  'www-authenticate',
  'location',
  'retry-after',
  'dpop-nonce',
  'allow',
  'accept',
  'link',
]

/** Fields of the request that any request has. */
const USUAL = ['host', 'accept']

/** Time enough for a request whose body does not come. Milliseconds. */
const PATIENCE = 60_000

export async function showRefusals(origin: string, show: Show): Promise<void> {
  for (const [name, chapter] of Object.entries(chapters)) {
    show.chapter(chapterTitles[name as keyof typeof chapters])
    for (const id of Object.keys(chapter) as RefusalId[]) {
      const { reason } = rowOf(id)
      if (reason === undefined) show.exchange(shownOf(id, await provoke(origin, id)))
      else show.note(`${id}: not provoked here. ${reason}`)
    }
  }
}

async function provoke(origin: string, id: RefusalId): Promise<Provoked> {
  const response = await fetch(`${origin}/lab/break/${id}`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${id}: the lab says ${response.status}: ${text}`)
  return JSON.parse(text) as Provoked
}

function shownOf(id: RefusalId, { request, answer, same, differences }: Provoked): Shown {
  const { title, cause, fix, spec } = rowOf(id)
  const { method, url, headers, body } = request
  const told = bodyOf(answer)
  return {
    title: `${id}: ${title}`,
    request: {
      method,
      url: cut(url),
      headers: headers
        .filter(([name]) => !USUAL.includes(name.toLowerCase()))
        .map(([name, value]) => [name, cut(withoutSecrets(value))]),
      ...(body !== undefined && { body: cut(withoutSecrets(readable(body, headers))) }),
    },
    response: {
      status: answer.status,
      headers: answer.headers
        .filter(([name]) => TELLING.includes(name.toLowerCase()))
        .map(([name, value]) => [name, withoutSecrets(value)]),
      ...(told !== '' && { body: told }),
    },
    says: `${cause} ${fix}`,
    spec,
    ...(!same && { wrong: differences.join(' ') }),
  }
}

/** A form is easier to read decoded. */
const readable = (body: string, headers: Provoked['request']['headers']): string =>
  headers.some(([, value]) => value === 'application/x-www-form-urlencoded')
    ? decodeURIComponent(body.replaceAll('+', ' '))
    : body

/** An object, one member a line; of a page its heading. */
function bodyOf({ body }: Provoked['answer']): string {
  if (typeof body === 'object' && body !== null) {
    return Object.entries(body)
      .map(
        ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      .join('\n')
  }
  const page = String(body)
  const [, alert] = /role="alert"[^>]*>([^<]*)</.exec(page) ?? []
  const [, heading] = /<h1>([^<]*)</.exec(page) ?? []
  const sentence = alert ?? heading
  return sentence === undefined ? page : `a page: ${sentence.replaceAll('&#39;', '’')}`
}

/** Cookies, the responses of Digest and opaque tokens, besides what is shortened everywhere. */
const withoutSecrets = (text: string): string =>
  shorten(text).replace(
    /((?:countersign_\w+(?:\.sig)?=|response=")[\w-]{4})[\w-]{5,}|((?:Bearer|DPoP) [\w-]{4})[\w-]{36,}/g,
    '$1$2…',
  )

/** What is long for the sake of being long is told in a few words. */
const cut = (text: string): string =>
  text.replace(
    /(.)\1{40,}/g,
    (run, letter: string) => `${letter.repeat(4)}… (${run.length} times ${letter})`,
  )
