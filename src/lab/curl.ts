/** A request as a curl command that works when it is pasted into bash. */
import { shellWord } from '../web/shell-word.ts'
import type { RequestParts } from './request.ts'

export function curlFor({ method, target, headers, body }: RequestParts, issuer: string): string {
  const { host } = new URL(issuer)
  const url = issuer + target
  const usual = method === (body === undefined ? 'GET' : 'POST')
  const lines = [
    `curl -sS -i${usual ? '' : ` -X ${word(method)}`}${/[[\]{}]/.test(url) ? ' -g' : ''} ${word(url)}`,
    ...headers
      .filter(([name, value]) => name.toLowerCase() !== 'host' || value !== host)
      .map(([name, value]) => `-H ${word(value === '' ? `${name};` : `${name}: ${value}`)}`),
    // Waiting for 100 Continue, as some versions do with long bodies, would show another answer first.
    ...(body !== undefined && body.length > 1024 ? [`-H 'Expect:'`] : []),
    ...(body !== undefined ? [`--data-raw ${word(body)}`] : []),
  ]
  return lines.join(' \\\n  ')
}

/** Bytes that are no printable ASCII are written as escapes, which bash reads between `$'` and `'`. */
function word(text: string): string {
  if (/^[\x20-\x7E]*$/.test(text)) return shellWord(text)
  const escaped = text.replace(/[\\']/g, String.raw`\$&`).replace(/[^\x20-\x7E]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, '0')
    return `\\x${code}`
  })
  return `$'${escaped}'`
}
