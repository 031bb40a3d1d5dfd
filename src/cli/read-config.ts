/** The settings a command runs with: those of the environment, then those of `.env`. */
import { loadConfig } from '../config.ts'
import type { Config } from '../config.ts'
import { misspelt, readEnvFile } from '../config/env-file.ts'

/** Throws `ConfigFault`; `hints` are about variables that were probably meant to be settings. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): {
  config: Config
  hints: string[]
} {
  const file = readEnvFile('.env')
  return { config: loadConfig({ ...file.values, ...env }, file.faults), hints: misspelt(env) }
}
