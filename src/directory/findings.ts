/** What zod found, as sentences for people. */
import type * as z from 'zod'

export type Finding = { path: readonly PropertyKey[]; says: string }

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table of names and values',
  record: 'a table of names and values',
}

function says(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `has ${issue.keys.map((key) => `"${key}"`).join(', ')}, which is not known here`
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; it must be ${kinds[issue.expected] ?? issue.expected}`
        : `must be ${kinds[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => `"${String(value)}"`).join(' or ')}`
    case 'too_small':
      return typeof issue.minimum === 'number' && issue.minimum === 1 && issue.origin !== 'number'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}${issue.origin === 'string' ? ' characters long' : ''}`
    case 'too_big':
      return `must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters long' : ''}`
    default:
      return issue.message
  }
}

/** Zod tells a missing value from a wrong one only when its input is reported: parse with `reportInput`. */
export const findingsOf = (error: z.ZodError): Finding[] =>
  error.issues.map((issue) => ({ path: issue.path, says: says(issue) }))

/** `redirect_uris[0]`, `people[2].login`. */
export const pathInWords = (path: readonly PropertyKey[]): string =>
  path
    .map((part, at) =>
      typeof part === 'number' ? `[${part}]` : `${at > 0 ? '.' : ''}${String(part)}`,
    )
    .join('')

export const sentence = ({ path, says }: Finding): string =>
  path.length === 0 ? `It ${says}.` : `${pathInWords(path)} ${says}.`
