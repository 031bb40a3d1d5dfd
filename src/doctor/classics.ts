/** The mistakes everybody makes once, each recognised by the facts and told in a plain sentence. */
import { credentialClassics } from './classics/credentials.ts'
import { permissionClassics } from './classics/permission.ts'
import type { Remark, View } from './classics/view.ts'
import { tokenClassics } from './classics/token.ts'

const classics = [...credentialClassics, ...tokenClassics, ...permissionClassics]

/** What is to be said of the checks that failed, by the name of the check; the first remark on a check counts. */
export function remarksOn(view: View): Map<string, Remark> {
  const failed = view.failed.map(({ check }) => check)
  const remarks = new Map<string, Remark>()
  for (const { on, look } of classics) {
    const check = on === undefined ? failed[0] : failed.find((name) => on.includes(name))
    if (check === undefined || remarks.has(check)) continue
    const remark = look(view)
    if (remark) remarks.set(check, remark)
  }
  return remarks
}
