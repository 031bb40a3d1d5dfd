/** `.env`, read with Node's own parser; strict about names, since all that stands there is meant for this server. */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { closest } from '../lib/closest.ts'
import { settingNames } from './settings.ts'

export type EnvFile = {
  values: Readonly<Record<string, string>>
  /** One sentence each, for `loadConfig` to tell with its own. */
  faults: readonly string[]
}

/** Not ours, but understood by Node and by terminals. */
const foreignNames = /^(NODE_.*|TZ|NO_COLOR|FORCE_COLOR)$/

const isKnown = (name: string) => (settingNames as string[]).includes(name)

const hasCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code

/** A file that does not exist is an empty one. */
export function readEnvFile(file: string): EnvFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { values: {}, faults: [] }
    const why = error instanceof Error ? error.message : String(error)
    return { values: {}, faults: [`${file} cannot be read: ${why}.`] }
  }
  const values = Object.fromEntries(
    Object.entries(parseEnv(text)).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
  const faults = Object.keys(values)
    .filter((name) => !isKnown(name) && !foreignNames.test(name))
    .sort()
    .map((name) => {
      const meant = closest(name, settingNames)
      const advice = meant
        ? `did you mean ${meant}?`
        : `the settings are ${settingNames.join(', ')}.`
      return `${file} sets ${name}, which is no setting of Countersign; ${advice}`
    })
  return { values, faults }
}

/**
 * Hints for variables of the environment that are one slip away from a setting. No faults: they may belong
 * to another program.
 */
export function misspelt(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter((name) => !isKnown(name))
    .flatMap((name) => {
      const meant = closest(name, settingNames, 1)
      const isUseful = meant !== undefined && env[meant] === undefined
      return isUseful
        ? [`${name} is no setting; if it was meant for Countersign, write ${meant}.`]
        : []
    })
}
