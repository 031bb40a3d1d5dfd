/** A request that somebody wrote down, from a command or from the wire. */

export type WrittenRequest = {
  method: string
  /** As it was written: a whole address, or a target in origin form. */
  url: string
  headers: [name: string, value: string][]
  body?: string
  /** It would go through a proxy. */
  proxied: boolean
  /** Shell variables that stand in it, whose values are not known. */
  variables: string[]
}

export const FORM = 'application/x-www-form-urlencoded'

export const headerOf = (
  { headers }: Pick<WrittenRequest, 'headers'>,
  name: string,
): string | undefined => headers.find(([other]) => other.toLowerCase() === name)?.[1]

export const headersOf = ({ headers }: Pick<WrittenRequest, 'headers'>, name: string): string[] =>
  headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)
