/** A curl command as the request it would send. It is read and never run. */
import { shellWords, VARIABLE_END, VARIABLE_START } from './shell-words.ts'
import { FORM, headerOf } from './written-request.ts'
import type { WrittenRequest } from './written-request.ts'

/** A prompt, assignments, and what else may stand before the name of the program. */
const CURL = /(?:^|[\s($`])curl(?:\.exe)?\s/

export const isCurl = (text: string): boolean => CURL.test(text.split('\n', 1)[0] ?? '')

/** Short options of curl that take a value. */
const SHORT_WITH_VALUE = 'AbcCdDeEFHKmoPQrtTuUwxXyYz'

/** Long options that take one and do not matter here; a word after any other is an address. */
const LONG_WITH_VALUE = new Set(
  (
    'cacert capath cert cert-type ciphers config connect-timeout connect-to cookie cookie-jar dump-header ' +
    'form-string interface key limit-rate max-redirs max-time netrc-file noproxy output pass proto proxy-user ' +
    'range rate referer resolve retry retry-delay socks5 stderr trace trace-ascii unix-socket upload-file ' +
    'user-agent write-out'
  ).split(' '),
)

/** Options whose value is used, with their short and long names. */
const NAMES = {
  method: 'X request',
  header: 'H header',
  user: 'u user',
  bearer: 'oauth2-bearer',
  data: 'd data data-ascii data-raw data-binary',
  urlencoded: 'data-urlencode',
  json: 'json',
  multipart: 'F form',
  proxy: 'x proxy preproxy',
  url: 'url',
} as const

type Meaning = keyof typeof NAMES

const MEANINGS = new Map(
  Object.entries(NAMES).flatMap(([meaning, names]) =>
    names.split(' ').map((name) => [name, meaning as Meaning] as const),
  ),
)

/** What the options say beside the parts of the request. */
type Seen = { user?: string; bearer?: string; inQuery: boolean; head: boolean; json: boolean }

type Option = { name: string; value?: string }

export function readCurl(text: string): WrittenRequest {
  const start = CURL.exec(text)
  const command = text.slice(start ? start.index + start[0].search('curl') : 0)
  const [, ...words] = shellWords(command)
  const request: WrittenRequest = {
    method: '',
    url: '',
    headers: [],
    proxied: false,
    variables: [],
  }
  const data: string[] = []
  const removed: string[] = []
  const seen: Seen = { inQuery: false, head: false, json: false }

  const meanings: Record<Meaning, (value: string) => void> = {
    method: (value) => (request.method = value),
    header(value) {
      const [, name = '', separator, rest = ''] = /^([^:;]*)([:;]?)([^]*)$/.exec(value) ?? []
      // "Name:" takes a header away that curl would send, "Name;" sends it empty.
      if (separator === ':' && rest.trim() === '') removed.push(name.trim().toLowerCase())
      else request.headers.push([name.trim(), rest.trim()])
    },
    user: (value) => (seen.user = value),
    bearer: (value) => (seen.bearer = value),
    data: (value) => data.push(value.replace(/^@.*$/s, '')),
    urlencoded: (value) => data.push(urlEncoded(value)),
    json(value) {
      seen.json = true
      data.push(value.replace(/^@.*$/s, ''))
    },
    url: (value) => (request.url ||= value),
    proxy: () => (request.proxied = true),
    multipart: () => data.push(''),
  }

  for (const { name, value } of optionsIn(words)) {
    if (name === 'G' || name === 'get') seen.inQuery = true
    else if (name === 'I' || name === 'head') seen.head = true
    else if (value !== undefined) {
      const meaning = MEANINGS.get(name)
      if (meaning !== undefined) meanings[meaning](value)
    }
  }

  const { inQuery, head, json, user, bearer } = seen
  const hasBody = data.length > 0 && !inQuery
  if (inQuery && data.length > 0) {
    request.url += `${request.url.includes('?') ? '&' : '?'}${data.join('&')}`
  }
  if (hasBody) request.body = data.join(json ? '' : '&')
  if (request.method === '') request.method = hasBody ? 'POST' : head ? 'HEAD' : 'GET'
  if (hasBody && headerOf(request, 'content-type') === undefined) {
    request.headers.push(['Content-Type', json ? 'application/json' : FORM])
  }
  // A header that was written by hand replaces the one curl would make.
  if (headerOf(request, 'authorization') === undefined && !removed.includes('authorization')) {
    if (bearer !== undefined) request.headers.push(['Authorization', `Bearer ${bearer}`])
    else if (user !== undefined) {
      request.headers.push(['Authorization', `Basic ${Buffer.from(user).toString('base64')}`])
    }
  }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(request.url)) request.url = `http://${request.url}`
  request.variables = variablesIn([request.url, request.body ?? '', ...request.headers.flat()])
  return request
}

function* optionsIn(words: readonly string[]): Generator<Option> {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!word.startsWith('-') || word === '-') {
      yield { name: 'url', value: word }
      continue
    }
    if (word.startsWith('--')) {
      const name = word.slice(2)
      const takes = LONG_WITH_VALUE.has(name) || (name.length > 1 && MEANINGS.has(name))
      yield takes ? { name, value: words[++at] ?? '' } : { name }
      continue
    }
    // Letters in a row; the first that takes a value takes the rest of the word, or the next word.
    for (let letter = 1; letter < word.length; letter++) {
      const name = word[letter] ?? ''
      if (!SHORT_WITH_VALUE.includes(name)) {
        yield { name }
        continue
      }
      const rest = word.slice(letter + 1)
      yield { name, value: rest === '' ? (words[++at] ?? '') : rest }
      break
    }
  }
}

/** `name=content` and `=content` are encoded; `@file` cannot be known. */
function urlEncoded(value: string): string {
  const [, name = '', content = ''] = /^([^=@]*=)?([^]*)$/.exec(value) ?? []
  const encoded = encodeURIComponent(content.replace(/^@.*$/s, '')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return name.replace(/^=$/, '') + encoded.replaceAll('%20', '+')
}

function variablesIn(texts: readonly string[]): string[] {
  const pattern = new RegExp(`${VARIABLE_START}([^${VARIABLE_END}]*)${VARIABLE_END}`, 'gu')
  // What was percent-encoded on the way is a variable all the same.
  const all = texts.map((text) =>
    text.replaceAll('%EE%80%80', VARIABLE_START).replaceAll('%EE%80%81', VARIABLE_END),
  )
  return [
    ...new Set(all.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name ?? ''))),
  ]
}
