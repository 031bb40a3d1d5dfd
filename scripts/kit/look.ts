/** What of an answer is worth a look, and whether it says what it should. */
import type { Answer } from './exchange.ts'

/** These members of a JSON body. */
export const only =
  (...names: string[]) =>
  (body: unknown): unknown =>
    Object.fromEntries(
      names
        .map((name) => [name, (body as Record<string, unknown>)[name]] as const)
        .filter(([, value]) => value !== undefined),
    )

/** The whole body. */
export const whole = (body: unknown): unknown => body

/** What a refusal of the API says. */
export const refusal = only('title', 'detail')

/** A member of the body must have this value. */
export const says =
  (name: string, expected: unknown) =>
  ({ json }: Pick<Answer, 'json'>): string | undefined =>
    json[name] === expected ? undefined : `${name} is ${JSON.stringify(json[name])}`

/** The challenge must contain this. */
export const challenges =
  (expected: string) =>
  ({ headers }: Pick<Answer, 'headers'>): string | undefined => {
    const challenge = headers.get('www-authenticate') ?? 'absent'
    return challenge.includes(expected) ? undefined : `the challenge is ${challenge}`
  }

/** The claims of a JWT, unverified: a client has no business with those of an access token but to study them. */
export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >
