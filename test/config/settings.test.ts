import path from 'node:path'
import test from 'ava'
import { ConfigFault, loadConfig, withPort } from '../../src/config.ts'

function faultsOf(env: Record<string, string>, found?: string[]): readonly string[] {
  try {
    loadConfig(env, found)
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults
    throw error
  }
  return []
}

const SECRET = 'a master secret of forty characters, or so'

const production = {
  PROFILE: 'production',
  SECRET,
  ISSUER: 'https://id.example.com',
  DATABASE_URL: 'postgresql://countersign:pw@db.example.com/countersign',
}

test('without any setting a local server listens on loopback, port 4010', (t) => {
  const config = loadConfig({})
  t.like(config, {
    port: 4010,
    host: ['127.0.0.1', '::1'],
    hostIsSet: false,
    issuer: 'http://localhost:4010',
    allowedHosts: [],
    trustProxy: [],
    dataDir: path.resolve('.countersign'),
    databaseUrl: `file:${path.resolve('.countersign/data.db')}`,
    profile: 'local',
    openLab: false,
    clockLeeway: 0,
    dpopNonce: 'optional',
    clientDocuments: true,
    logLevel: 'info',
  })
  t.false('secret' in config)
  t.true(config.seedFile.endsWith('/prisma/seed.yaml'))
})

test('an empty setting counts as not set, and spaces around a value do not count', (t) => {
  const config = loadConfig({ PORT: '', ISSUER: ' ', CLOCK_LEEWAY: ' 7 ' })
  t.is(config.port, 4010)
  t.is(config.issuer, 'http://localhost:4010')
  t.is(config.clockLeeway, 7)
})

test('the settings cannot be changed afterwards', (t) => {
  const config = loadConfig({ ALLOWED_HOSTS: 'a.example' })
  t.throws(() => Object.assign(config, { port: 1 }), { instanceOf: TypeError })
  t.throws(() => (config.allowedHosts as string[]).push('b.example'), { instanceOf: TypeError })
})

test('the issuer follows the port, also one that was taken for PORT=0', (t) => {
  t.is(loadConfig({ PORT: '5000' }).issuer, 'http://localhost:5000')
  t.is(loadConfig({ PORT: '80' }).issuer, 'http://localhost')
  const anyPort = loadConfig({ PORT: '0' })
  t.like(withPort(anyPort, 41234), { port: 41234, issuer: 'http://localhost:41234' })
  const named = loadConfig({ PORT: '0', ISSUER: 'https://id.example.com' })
  t.like(withPort(named, 41234), { port: 41234, issuer: 'https://id.example.com' })
})

test('lists are separated by commas, without empty or doubled members', (t) => {
  const config = loadConfig({
    HOST: 'localhost, 127.0.0.1,[::1]',
    ALLOWED_HOSTS: 'Host.Docker.Internal:4010,,[::1]:80, id.test',
    TRUST_PROXY: '10.0.0.0/8,::1',
  })
  t.deepEqual(config.host, ['127.0.0.1', '::1'])
  t.true(config.hostIsSet)
  t.deepEqual(config.allowedHosts, ['host.docker.internal:4010', '[::1]:80', 'id.test'])
  t.deepEqual(config.trustProxy, ['10.0.0.0/8', '::1'])
})

const refused: [name: string, value: string, accepted: RegExp][] = [
  ['PORT', '65536', /a whole number from 0 to 65535/],
  ['PORT', '-1', /a whole number/],
  ['PORT', '4010.5', /a whole number/],
  ['HOST', 'id.example.com', /IP addresses/],
  ['HOST', ',', /IP addresses/],
  ['ISSUER', 'localhost:4010', /origin/],
  ['ISSUER', 'https://id.example.com/', /no trailing slash/],
  ['ISSUER', 'https://id.example.com/tenant', /no path/],
  ['ISSUER', 'https://id.example.com?a=b', /no query/],
  ['ISSUER', 'https://id.example.com#x', /no fragment/],
  ['ISSUER', 'https://id.example.com:443', /no default port/],
  ['ISSUER', 'https://ID.example.com', /lower case/],
  ['ISSUER', 'https://user@id.example.com', /origin/],
  ['ISSUER', 'ftp://id.example.com', /http or https/],
  ['ALLOWED_HOSTS', 'http://id.test', /names with or without a port/],
  ['ALLOWED_HOSTS', 'id.test:99999', /names with or without a port/],
  ['TRUST_PROXY', '10.0.0.0/33', /ranges/],
  ['TRUST_PROXY', 'proxy.example.com', /IP addresses/],
  ['PROFILE', 'prod', /"local" or "production"/],
  ['OPEN_LAB', 'true', /"yes" or "no"/],
  ['CLOCK_LEEWAY', '301', /seconds from 0 to 300/],
  ['MTLS_CERT_HEADER', 'Client_Cert', /"client-cert", of a header that nothing else uses/],
  ['MTLS_CERT_HEADER', 'X-Forwarded-For', /of a header that nothing else uses/],
  ['MTLS_VERIFY_HEADER', 'Authorization', /of a header that nothing else uses/],
  ['DPOP_NONCE', 'yes', /"optional" or "required"/],
  ['CLIENT_DOCUMENTS', 'on', /"yes" or "no"/],
  ['LOG_LEVEL', 'verbose', /trace, debug, info/],
]

for (const [name, value, accepted] of refused) {
  test(`${name}=${value} is refused in one sentence that says what is accepted`, (t) => {
    const faults = faultsOf({ [name]: value })
    t.is(faults.length, 1)
    t.true(faults[0]?.startsWith(`${name} is ${JSON.stringify(value)}; give `))
    t.regex(faults[0] ?? '', accepted)
    t.regex(faults[0] ?? '', /\.$/)
  })
}

test('certificates of clients need a proxy that is believed, and what is said of them a certificate', (t) => {
  const cert = { MTLS_CERT_HEADER: 'Client-Cert' }
  const verify = { MTLS_VERIFY_HEADER: 'Client-Cert-Verify' }
  const proxy = { TRUST_PROXY: '127.0.0.1' }
  t.regex(faultsOf(cert).join(), /^MTLS_CERT_HEADER .* no proxy is believed: give TRUST_PROXY/)
  t.regex(
    faultsOf({ ...proxy, ...verify }).join(),
    /^MTLS_VERIFY_HEADER .* needs an MTLS_CERT_HEADER/,
  )
  t.regex(
    faultsOf({ ...proxy, ...cert, MTLS_VERIFY_HEADER: 'client-cert' }).join(),
    /and another one/,
  )
  t.like(loadConfig({ ...proxy, ...cert, ...verify }), {
    mtlsCertHeader: 'client-cert',
    mtlsVerifyHeader: 'client-cert-verify',
  })
  t.false('mtlsCertHeader' in loadConfig(proxy))
})

test('all faults are told at once, those found before among them', (t) => {
  const faults = faultsOf({ PORT: 'x', PROFILE: 'y', LOG_LEVEL: 'z' }, ['.env sets PROT.'])
  t.deepEqual(
    faults.map((fault) => fault.split(' ')[0]),
    ['.env', 'PORT', 'PROFILE', 'LOG_LEVEL'],
  )
})

test('a fault never repeats the master secret or a password of the database', (t) => {
  const faults = faultsOf({ SECRET: 'hunter2', DATABASE_URL: 'mysql://me:hunter2@db/x' })
  t.is(faults.length, 2)
  t.notRegex(faults.join('\n'), /hunter2/)
  t.regex(faults[0] ?? '', /^DATABASE_URL is "mysql:…"; give "file:<path>"/)
  t.regex(faults[1] ?? '', /^SECRET is 7 characters long; give at least 32 characters/)
})

test('production without secret, https issuer and database gets three sentences', (t) => {
  const faults = faultsOf({ PROFILE: 'production' })
  t.is(faults.length, 3)
  t.regex(faults[0] ?? '', /SECRET/)
  t.regex(faults[1] ?? '', /https ISSUER/)
  t.regex(faults[2] ?? '', /DATABASE_URL/)
  t.deepEqual(faultsOf(production), [])
})

test('production wants https even for a loopback issuer, and has no lab to open', (t) => {
  const faults = faultsOf({ ...production, ISSUER: 'http://localhost:4010', OPEN_LAB: 'yes' })
  t.is(faults.length, 2)
  t.regex(faults[0] ?? '', /https ISSUER, and ISSUER is "http:\/\/localhost:4010"/)
  t.regex(faults[1] ?? '', /OPEN_LAB/)
})

test('a malformed setting is not told a second time as missing', (t) => {
  const faults = faultsOf({ ...production, SECRET: 'short', ISSUER: 'nonsense' })
  t.is(faults.length, 2)
})

test('the local profile listens beyond loopback, or has a plain http issuer there, only with an open lab', (t) => {
  for (const env of [{ HOST: '0.0.0.0' }, { HOST: '127.0.0.1,::' }, { ISSUER: 'http://id.test' }]) {
    const faults = faultsOf(env)
    t.is(faults.length, 1)
    t.regex(faults[0] ?? '', /OPEN_LAB=yes/)
    t.deepEqual(faultsOf({ ...env, OPEN_LAB: 'yes' }), [])
  }
  t.deepEqual(faultsOf({ HOST: '127.0.0.53', ISSUER: 'http://id.localhost:4010' }), [])
  t.deepEqual(faultsOf({ ISSUER: 'https://id.example.com' }), [])
})

test('production may listen anywhere', (t) => {
  t.deepEqual(faultsOf({ ...production, HOST: '0.0.0.0' }), [])
})

test('a relative database file counts from the working directory, and odd characters in it are escaped', (t) => {
  t.is(loadConfig({ DATABASE_URL: 'file:./x.db' }).databaseUrl, `file:${path.resolve('x.db')}`)
  t.is(loadConfig({ DATA_DIR: '/tmp/a b' }).databaseUrl, 'file:/tmp/a%20b/data.db')
})
