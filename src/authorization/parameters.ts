/**
 * What every parameter of an authorization request may hold (RFC 6749 appendix A): no control characters. The engine
 * looks at the characters of a few of them only, and `state` or `login_hint` would be stored and sent on as they came.
 */
import type { KoaContextWithOIDC } from 'oidc-provider'
import { CONTROL } from '../lib/control.ts'
import { errors } from './engine.ts'

/** These hold JSON, which may be laid out in lines (RFC 8259 §2). */
const JSON_VALUES = new Set(['claims', 'authorization_details'])
const LAYOUT = /[\t\n\r]/g

/** Whether a value, or one of several, holds a control character. */
export const holdsControl = (value: unknown): boolean =>
  [value].flat().some((one) => typeof one === 'string' && CONTROL.test(one))

/** The engine runs these after its own checks of a request, pushed ones and those of a device among them. */
export const parameterChecks = {
  state: (ctx: KoaContextWithOIDC): void => {
    for (const [name, value] of Object.entries(ctx.oidc.params ?? {})) {
      const text =
        JSON_VALUES.has(name) && typeof value === 'string' ? value.replace(LAYOUT, '') : value
      if (holdsControl(text)) throw new errors.InvalidRequest(`${name} has a control character`)
    }
  },
}
