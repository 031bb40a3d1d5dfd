/** `countersign mint`: a valid access token from the running server, for any person, client, scope, audience and life. */
import type { MintedToken } from '../lab/mint.ts'
import { systemClock } from '../lib/clock.ts'
import type { CommandContext } from './command.ts'
import { parseDuration } from './duration.ts'
import { readOptions, refusePositionals } from './options.ts'
import { askServer, serverOrigin, urlHelp, urlOption } from './running-server.ts'
import { UsageFault } from './usage-fault.ts'

export const help = `Usage: countersign mint [options]

Prints an access token of the running server, as good as one from a sign-in, and nothing else:
TOKEN=$(npx countersign mint). What is not told is chosen: the first person and client of the
seed file, all scopes of the API. For the local profile only.

  --sub <id>             The person, by id or login name; or a client's id, for a token of its own.
  --client <id>          The client the token was issued to.
  --scope <scopes>       Space-separated. May be repeated.
  --audience <resource>  The API it is meant for, known to this server or not.
  --expires-in <time>    How long it lives: 90, 90s, 5m, 1h. A day at most.
  --acr <value>          How the person signed in, such as urn:countersign:mfa.
  --auth-time <time>     When the person signed in: how long ago, such as 10m, or seconds since
                         the epoch.
  --jkt <thumbprint>     The key it is bound to (RFC 9449): the SHA-256 thumbprint of its JWK.
  --claim <name=json>    A further claim; what is no JSON is text. May be repeated.
${urlHelp}
  --json                 Print the whole answer, with the claims.

Example: countersign mint --sub alice --scope "notes:read notes:write" --expires-in 1h
`

const options = {
  ...urlOption,
  sub: { type: 'string' },
  client: { type: 'string' },
  scope: { type: 'string', multiple: true },
  audience: { type: 'string' },
  'expires-in': { type: 'string' },
  acr: { type: 'string' },
  'auth-time': { type: 'string' },
  jkt: { type: 'string' },
  claim: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<typeof readOptions<typeof options>>['values']

export async function run({ args, env, out }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions('mint', args, options)
  refusePositionals('mint', positionals)
  const body = wishFrom(values)
  const url = serverOrigin(values.url, env)
  const minted = (await askServer({ url, path: '/lab/mint', method: 'POST', body })) as MintedToken
  out(values.json ? `${JSON.stringify(minted, null, 2)}\n` : `${minted.access_token}\n`)
  return 0
}

function wishFrom(values: Values): Record<string, unknown> {
  const { sub, client, scope, audience, acr, jkt, claim } = values
  const life = values['expires-in']
  const signedIn = values['auth-time']
  return {
    ...(sub !== undefined && { sub }),
    ...(client !== undefined && { client_id: client }),
    ...(scope && { scope: scope.join(' ').trim().replace(/\s+/g, ' ') }),
    ...(audience !== undefined && { audience }),
    ...(life !== undefined && { expires_in: secondsIn('--expires-in', life) }),
    ...(acr !== undefined && { acr }),
    ...(signedIn !== undefined && { auth_time: momentIn(signedIn) }),
    ...(jkt !== undefined && { cnf: { jkt } }),
    ...(claim && { claims: Object.fromEntries(claim.map(claimIn)) }),
  }
}

function secondsIn(option: string, text: string): number {
  const duration = parseDuration(text)
  if (duration) return duration.seconds
  throw new UsageFault(`${option} is "${text}"; give a duration such as 90, 90s, 5m or 1h.`)
}

/** No sign-in is that long ago that its seconds could be taken for a moment. */
const EARLIEST_MOMENT = 1_000_000_000

function momentIn(text: string): number {
  const seconds = secondsIn('--auth-time', text)
  const isMoment = /^\d+$/.test(text) && seconds >= EARLIEST_MOMENT
  return isMoment ? seconds : systemClock.seconds() - seconds
}

function claimIn(text: string): [name: string, value: unknown] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageFault(`--claim is "${text}"; give a name, "=" and a JSON value.`)
  const value = text.slice(equals + 1)
  try {
    return [text.slice(0, equals), JSON.parse(value)]
  } catch {
    return [text.slice(0, equals), value]
  }
}
