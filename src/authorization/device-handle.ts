/**
 * What stands for a device code inside this server: a person types the user code, and the device's own code is known
 * to the device alone. A handle names the row, and only this server can make one; it never leaves it.
 */
import { equalInConstantTime, fingerprint } from '../lib/secrets.ts'
import type { Secrets } from '../lib/secrets.ts'

/** No identifier that the engine makes begins so. */
const MARK = '~'

export const handleOf = (secrets: Secrets, hash: string): string =>
  `${MARK}${hash}.${secrets.mac('device-handle', hash)}`

export const isHandle = (id: string): boolean => id.startsWith(MARK)

/** Where a device code is stored, by the code or by a handle of it. */
export function deviceHashOf(secrets: Secrets, id: string): string {
  const [hash = '', mac = ''] = id.slice(MARK.length).split('.')
  const isOurs = isHandle(id) && equalInConstantTime(mac, secrets.mac('device-handle', hash))
  return isOurs ? hash : fingerprint(id)
}
