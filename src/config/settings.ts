/** Every setting of the server: name, default, one sentence, and what is accepted. */
import { isIP } from 'node:net'
import path from 'node:path'
import * as z from 'zod'
import { parseDatabaseUrl } from '../db/address.ts'
import { DatabaseFault } from '../db/database-fault.ts'
import { MASTER_SECRET_LENGTH } from '../lib/secrets.ts'
import { parseAuthority, parseNetwork, withoutBrackets } from './network-names.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type Setting = {
  /** One sentence for `.env.example` and the documentation. */
  says: string
  /** As people read it. Where `computed` is true, `loadConfig` works the value out itself. */
  default: string
  computed?: true
  /** Completes "give …". */
  accepts: string
  /** What a fault may repeat of a value that was refused. The value itself unless told. */
  show?: (value: string) => string
  schema: z.ZodType<unknown, string>
}

/** A text that `parse` understands; undefined refuses it. */
const parsedBy = <T>(parse: (text: string) => T | undefined) =>
  z.string().transform((text, context): T => {
    const value = parse(text)
    if (value !== undefined) return value
    context.issues.push({ code: 'custom', input: text })
    return z.NEVER
  })

const wholeNumber = (least: number, most: number) =>
  parsedBy((text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
    return value >= least && value <= most ? value : undefined
  })

const yesOrNo = z.enum(['yes', 'no']).transform((answer) => answer === 'yes')

function listOf(parse: (text: string) => string | readonly string[] | undefined) {
  return parsedBy((text) => {
    const parts = text.split(',').map((part) => part.trim())
    const values = parts.filter((part) => part !== '').map((part) => parse(part))
    return values.every((value) => value !== undefined) ? [...new Set(values.flat())] : undefined
  })
}

function parseOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol)) return undefined
  // What clients compare byte by byte must be written the way URLs are written out.
  return url.origin === text ? text : undefined
}

const HEADER_NAME = 'a name such as "client-cert", of a header that nothing else uses'

/** What requests carry for other reasons, or proxies use otherwise. */
const TAKEN =
  /^(authorization|accept.*|access-control-.*|connection|content-.*|cookie|date|dpop|expect|forwarded|host|if-.*|origin|referer|sec-.*|te|trailer|transfer-encoding|upgrade|user-agent|x-forwarded-.*|x-real-ip)$/

/** In lower case. An underscore would be lost on the way: proxies drop such headers. */
function parseHeaderName(text: string): string | undefined {
  const name = text.toLowerCase()
  return name === '' || (/^[a-z][a-z0-9-]{0,63}$/.test(name) && !TAKEN.test(name))
    ? name
    : undefined
}

function parseListenAddress(text: string): string | readonly string[] | undefined {
  if (text.toLowerCase() === 'localhost') return ['127.0.0.1', '::1']
  const address = withoutBrackets(text)
  return isIP(address) ? address : undefined
}

function databaseUrl(text: string): string | undefined {
  try {
    return parseDatabaseUrl(text).url
  } catch (error) {
    if (error instanceof DatabaseFault) return undefined
    throw error
  }
}

export const settings = {
  PORT: {
    says: 'The port to listen on; 0 takes any free one.',
    default: '4010',
    accepts: 'a whole number from 0 to 65535',
    schema: wholeNumber(0, 65535),
  },
  HOST: {
    says: 'The addresses to listen on, separated by commas.',
    default: '127.0.0.1,::1',
    accepts: 'IP addresses or "localhost", separated by commas',
    schema: listOf(parseListenAddress).refine((addresses) => addresses.length > 0),
  },
  ISSUER: {
    says: 'The origin clients know this server by; it stands in every token.',
    default: 'http://localhost:<PORT>',
    computed: true,
    accepts:
      'an http or https origin in lower case, such as "https://id.example.com": ' +
      'no path, no trailing slash, no query, no fragment, no default port',
    schema: parsedBy(parseOrigin),
  },
  ALLOWED_HOSTS: {
    says: 'Further hosts that requests may name, such as "host.docker.internal:4010", separated by commas.',
    default: '',
    accepts: 'names with or without a port, separated by commas',
    schema: listOf(parseAuthority),
  },
  TRUST_PROXY: {
    says: 'Addresses of proxies whose X-Forwarded-* fields count, separated by commas.',
    default: '',
    accepts: 'IP addresses or ranges such as "10.0.0.0/8", separated by commas',
    schema: listOf(parseNetwork),
  },
  MTLS_CERT_HEADER: {
    says: 'The header in which a proxy of TRUST_PROXY hands on the certificate of a TLS client (RFC 8705); off unless set.',
    default: '',
    accepts: HEADER_NAME,
    schema: parsedBy(parseHeaderName),
  },
  MTLS_VERIFY_HEADER: {
    says: 'The header in which that proxy says SUCCESS of a certificate that it verified; needed for tls_client_auth alone.',
    default: '',
    accepts: HEADER_NAME,
    schema: parsedBy(parseHeaderName),
  },
  DATA_DIR: {
    says: 'The folder for the database and the master secret; made at the first start.',
    default: '.countersign',
    accepts: 'a path',
    schema: parsedBy((text) => path.resolve(text)),
  },
  DATABASE_URL: {
    says: 'The database: a SQLite file, or PostgreSQL.',
    default: 'file:<DATA_DIR>/data.db',
    computed: true,
    accepts:
      '"file:<path>" for SQLite, or "postgresql://<user>:<password>@<host>/<database>" ' +
      'for the public schema of a PostgreSQL database',
    // It may carry a password.
    show: (value) => `"${/^[a-z][a-z0-9+.-]*:/i.exec(value)?.[0] ?? ''}…"`,
    schema: parsedBy(databaseUrl),
  },
  SEED_FILE: {
    says: 'The people, clients and resources to start with.',
    default: 'prisma/seed.yaml of this package',
    computed: true,
    accepts: 'a path',
    schema: parsedBy((text) => path.resolve(text)),
  },
  PROFILE: {
    says: 'With "production", nobody is seeded and there is no lab; it needs ISSUER, DATABASE_URL and SECRET.',
    default: 'local',
    accepts: '"local" or "production"',
    schema: z.enum(['local', 'production']),
  },
  OPEN_LAB: {
    says: 'Allows the local profile, whose passwords everybody knows, on addresses that other machines reach.',
    default: 'no',
    accepts: '"yes" or "no"',
    schema: yesOrNo,
  },
  SECRET: {
    says: 'The master secret that seals signing keys and signs cookies.',
    default: 'a random one, kept in <DATA_DIR>/secret',
    computed: true,
    accepts:
      `at least ${MASTER_SECRET_LENGTH} characters, ` +
      'for example the output of "openssl rand -base64 32"',
    show: (value) => `${value.length} characters long`,
    schema: parsedBy((text) => (text.length >= MASTER_SECRET_LENGTH ? text : undefined)),
  },
  CLOCK_LEEWAY: {
    says: 'Seconds that an expired token is still accepted for.',
    default: '0',
    accepts: 'a whole number of seconds from 0 to 300',
    schema: wholeNumber(0, 300),
  },
  DPOP_NONCE: {
    says: 'Whether DPoP proofs sent to the APIs need a nonce of this server.',
    default: 'optional',
    accepts: '"optional" or "required"',
    schema: z.enum(['optional', 'required']),
  },
  KEY_ROTATION_DAYS: {
    says: 'Days after which the next signing key takes over by itself; 0 leaves that to "countersign keys rotate".',
    default: '30',
    accepts: 'a whole number of days from 0 to 3650',
    schema: wholeNumber(0, 3650),
  },
  CLIENT_DOCUMENTS: {
    says: 'Whether the https address of a document about a client will do for its client_id, without registration.',
    default: '"yes", or "no" with PROFILE=production',
    computed: true,
    accepts: '"yes" or "no"',
    schema: yesOrNo,
  },
  LOG_LEVEL: {
    says: 'The least important log lines to write.',
    default: 'info',
    accepts: `one of ${logLevels.join(', ')}`,
    schema: z.enum(logLevels),
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings

export const settingNames = Object.keys(settings) as SettingName[]
