/** All the lessons in the order to read them, each one idea more than the one before. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ClientParts } from '../kit/client-parts.ts'
import type { Lesson } from '../kit/stage.ts'
import { authorizationCode } from './authorization-code.ts'
import { backChannelLogout } from './back-channel-logout.ts'
import { basicAndDigest } from './basic-and-digest.ts'
import { clientCredentials } from './client-credentials.ts'
import { consent } from './consent.ts'
import { delegation } from './delegation.ts'
import { device } from './device.ts'
import { discovery } from './discovery.ts'
import { dpop } from './dpop.ts'
import { expiry } from './expiry.ts'
import { insufficientScope } from './insufficient-scope.ts'
import { introspectionAndRevocation } from './introspection-and-revocation.ts'
import { nativeApp } from './native-app.ts'
import { parAndJar } from './par-and-jar.ts'
import { refresh } from './refresh.ts'
import { registration } from './registration.ts'
import { richAuthorization } from './rich-authorization.ts'
import { signOut } from './sign-out.ts'
import { stepUp } from './step-up.ts'
import { tokenExchange } from './token-exchange.ts'

export const chain: readonly Lesson[] = [
  authorizationCode,
  nativeApp,
  clientCredentials,
  refresh,
  expiry,
  consent,
  insufficientScope,
  stepUp,
  device,
  dpop,
  parAndJar,
  richAuthorization,
  tokenExchange,
  delegation,
  introspectionAndRevocation,
  registration,
  discovery,
  signOut,
  backChannelLogout,
  basicAndDigest,
]

/** The same flow with openid-client, where it can do it: its text, and how to run it. */
export type Sample = {
  source: string
  run(parts: ClientParts): Promise<Record<string, unknown>>
}

export const hasSample = (name: string): boolean => existsSync(sampleFile(name))

export async function sampleOf(name: string): Promise<Sample> {
  const file = sampleFile(name)
  const { run } = (await import(pathToFileURL(file).href)) as Pick<Sample, 'run'>
  return { source: await readFile(file, 'utf8'), run }
}

const sampleFile = (name: string): string => path.join(import.meta.dirname, `${name}.client.ts`)
