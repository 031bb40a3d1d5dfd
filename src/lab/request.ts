/** A request of the lab: its parts as they stand on the wire, and the bytes they are sent as. */

export type Header = readonly [name: string, value: string]

/** One character is one byte. */
export type RequestParts = {
  method: string
  /** The request target as it stands in the request line. */
  target: string
  headers: readonly Header[]
  body?: string
}

export const partsOf = ({ method, target, headers, body }: RequestParts): RequestParts => ({
  method,
  target,
  headers,
  ...(body !== undefined && { body }),
})

/** Adds what a client cannot leave out: the length of the body. One exchange a connection. */
export function toBytes({ method, target, headers, body }: RequestParts): string {
  const framed = headers.some(([name]) => /^(transfer-encoding|content-length)$/i.test(name))
  const length: Header[] =
    body === undefined || framed ? [] : [['Content-Length', String(body.length)]]
  const fields: Header[] = [...headers, ...length, ['Connection', 'close']]
  const lines = [`${method} ${target} HTTP/1.1`, ...fields.map((field) => field.join(': '))]
  return [...lines, '', body ?? ''].join('\r\n')
}
