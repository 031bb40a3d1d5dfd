/** The settings of one server, read from an environment, all faults at once. */
import path from 'node:path'
import type * as z from 'zod'
import { isLoopback } from './config/network-names.ts'
import { settingNames, settings } from './config/settings.ts'
import type { Setting, SettingName } from './config/settings.ts'
import { sqliteUrl } from './db/address.ts'
import { StartFault } from './lib/fault.ts'

export class ConfigFault extends StartFault {}

export type Config = Readonly<{
  /** 0 means any free port; see `withPort`. */
  port: number
  /** IP addresses to listen on. */
  host: readonly string[]
  /** Whether HOST was set: an address that was asked for by name must be had. */
  hostIsSet: boolean
  /** An origin, without a trailing slash. */
  issuer: string
  /** Further authorities (`name` or `name:port`, lower case) that requests may name. */
  allowedHosts: readonly string[]
  /** IP addresses and CIDR ranges. */
  trustProxy: readonly string[]
  /** In lower case; absent: no certificate of a TLS client is looked for. */
  mtlsCertHeader?: string
  mtlsVerifyHeader?: string
  /** Absolute. */
  dataDir: string
  /** `file:/absolute/path`, percent-encoded, or `postgresql://…`. */
  databaseUrl: string
  /** Absolute. */
  seedFile: string
  profile: 'local' | 'production'
  openLab: boolean
  /** The master secret where it was set; else it is kept in `dataDir`. */
  secret?: string
  /** Seconds granted to `exp`. */
  clockLeeway: number
  /** Whether DPoP proofs sent to the APIs need a nonce. */
  dpopNonce: Values['DPOP_NONCE']
  /** Days that a signing key signs; 0: until somebody rotates it. */
  keyRotationDays: number
  /** Whether a client id may be the address of a document about the client, whoever keeps it there. */
  clientDocuments: boolean
  logLevel: Values['LOG_LEVEL']
}>

type Values = { [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> }

const packageRoot = path.join(import.meta.dirname, '..')

const issuerAt = (port: number) => new URL(`http://localhost:${port}`).origin

/** The same settings on the port that was taken for PORT=0, with the issuer that follows from it. */
export function withPort(config: Config, port: number): Config {
  const issuer = config.issuer === issuerAt(config.port) ? issuerAt(port) : config.issuer
  return Object.freeze({ ...config, port, issuer })
}

function describe(setting: Setting, value: string): string {
  if (setting.show) return setting.show(value)
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
}

/** Reads every setting by itself. An empty one counts as not set: that is how compose files and shells leave one out. */
function readSettings(env: Readonly<Record<string, string | undefined>>) {
  const values: Partial<Record<SettingName, unknown>> = {}
  const faults: string[] = []
  for (const name of settingNames) {
    const setting: Setting = settings[name]
    const text = env[name]?.trim() || (setting.computed ? '' : setting.default)
    const result = text === '' && setting.computed ? undefined : setting.schema.safeParse(text)
    if (result?.success) values[name] = result.data
    if (result?.success === false) {
      faults.push(`${name} is ${describe(setting, text)}; give ${setting.accepts}.`)
    }
  }
  return { values: values as Partial<Values>, faults }
}

/** What each profile asks of settings that are well formed. A setting with a fault of its own is left alone. */
function checkProfile(values: Partial<Values>, faulty: (name: SettingName) => boolean): string[] {
  const faults: string[] = []
  const { PROFILE: profile, ISSUER: issuer, HOST: host = [], OPEN_LAB: openLab } = values
  const lacks = (name: SettingName) => values[name] === undefined && !faulty(name)
  const plainHttp = issuer?.startsWith('http:') ?? false

  if (profile === 'production') {
    const need = (name: SettingName) => `PROFILE=production needs ${name}: give`
    if (lacks('SECRET')) faults.push(`${need('SECRET')} ${settings.SECRET.accepts}.`)
    if (lacks('ISSUER') || plainHttp) {
      const found = plainHttp ? `, and ISSUER is "${issuer ?? ''}"` : ''
      faults.push(
        `PROFILE=production needs an https ISSUER${found}: give the origin that clients reach, such as "https://id.example.com".`,
      )
    }
    if (lacks('DATABASE_URL')) {
      faults.push(`${need('DATABASE_URL')} ${settings.DATABASE_URL.accepts}.`)
    }
    if (openLab) {
      faults.push('OPEN_LAB is "yes", but PROFILE=production has no lab to open; leave it out.')
    }
  }

  const { MTLS_CERT_HEADER: cert = '', MTLS_VERIFY_HEADER: verify = '' } = values
  if (cert !== '' && values.TRUST_PROXY?.length === 0) {
    faults.push(
      `MTLS_CERT_HEADER is "${cert}", but no proxy is believed: give TRUST_PROXY the address of the one that sets it.`,
    )
  }
  if (verify !== '' && (cert === '' || cert === verify) && !faulty('MTLS_CERT_HEADER')) {
    faults.push(
      `MTLS_VERIFY_HEADER is "${verify}", which needs an MTLS_CERT_HEADER, and another one: give the header with the certificate.`,
    )
  }

  if (profile === 'local' && openLab === false) {
    const open = host.filter((address) => !isLoopback(address))
    if (open.length > 0) {
      faults.push(
        `HOST is "${open.join(',')}", which other machines may reach, and everybody knows the passwords of the local profile; ` +
          'leave HOST out, or set OPEN_LAB=yes to allow it.',
      )
    }
    if (issuer !== undefined && plainHttp && !isLoopback(new URL(issuer).hostname)) {
      faults.push(
        `ISSUER is "${issuer}", and plain http is for loopback names such as localhost; ` +
          'give an https origin, or set OPEN_LAB=yes to allow it.',
      )
    }
  }
  return faults
}

/**
 * Reads and checks all settings. Names it does not know are not its business: an environment is full of
 * other programs' variables (`config/env-file.ts` is strict about `.env`, `misspelt` gives hints).
 *
 * @param found faults met on the way here, to be told together with these
 * @throws {ConfigFault} one sentence a fault; never the value of SECRET or DATABASE_URL
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  found: readonly string[] = [],
): Config {
  const { values, faults } = readSettings(env)
  const faulty = (name: SettingName) => faults.some((fault) => fault.startsWith(`${name} is `))
  const all = [...found, ...faults, ...checkProfile(values, faulty)]
  if (all.length > 0) throw new ConfigFault(all)

  const complete = values as Values
  const dataDir = complete.DATA_DIR
  const given = values.SECRET
  return Object.freeze({
    port: complete.PORT,
    host: Object.freeze(complete.HOST),
    hostIsSet: Boolean(env['HOST']?.trim()),
    issuer: values.ISSUER ?? issuerAt(complete.PORT),
    allowedHosts: Object.freeze(complete.ALLOWED_HOSTS),
    trustProxy: Object.freeze(complete.TRUST_PROXY),
    ...(complete.MTLS_CERT_HEADER !== '' && { mtlsCertHeader: complete.MTLS_CERT_HEADER }),
    ...(complete.MTLS_VERIFY_HEADER !== '' && { mtlsVerifyHeader: complete.MTLS_VERIFY_HEADER }),
    dataDir,
    databaseUrl: values.DATABASE_URL ?? sqliteUrl(path.join(dataDir, 'data.db')),
    seedFile: values.SEED_FILE ?? path.join(packageRoot, 'prisma', 'seed.yaml'),
    profile: complete.PROFILE,
    openLab: complete.OPEN_LAB,
    ...(given === undefined ? {} : { secret: given }),
    clockLeeway: complete.CLOCK_LEEWAY,
    dpopNonce: complete.DPOP_NONCE,
    keyRotationDays: complete.KEY_ROTATION_DAYS,
    // In production no stranger's web page is a client, unless the operator says so.
    clientDocuments: values.CLIENT_DOCUMENTS ?? complete.PROFILE === 'local',
    logLevel: complete.LOG_LEVEL,
  })
}
