/** Certificates for tests, made by openssl: of a server on loopback, and of clients. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { temporaryFolder } from './database.ts'
import { isInstalled } from './installed.ts'

const run = promisify(execFile)

const OPENSSL = '/usr/bin/openssl'

export type Certificate = {
  /** PEM. */
  cert: string
  key: string
  certFile: string
  keyFile: string
}

/** Self-signed, or issued by the holder of another one. */
export type MakeCertificate = (
  name: string,
  altNames?: string,
  issuer?: Certificate,
) => Promise<Certificate>

/**
 * Makes certificates with a key each. Where there is no openssl the test is passed over, saying so; under `CI=true` it
 * fails. A test therefore begins `const make = await findOpenssl(t)` and `if (!make) return`.
 */
export async function findOpenssl(t: ExecutionContext): Promise<MakeCertificate | undefined> {
  if (!isInstalled(t, { [OPENSSL]: 'openssl' })) return undefined
  const folder = await temporaryFolder(t)
  return async (name, altNames = 'DNS:localhost,IP:127.0.0.1', issuer) => {
    const certFile = join(folder, `${name}.crt`)
    const keyFile = join(folder, `${name}.key`)
    await run(OPENSSL, [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', `/O=Tests, Inc/CN=${name}`],
      ...['-addext', `subjectAltName=${altNames}`],
      ...['-keyout', keyFile, '-out', certFile],
      ...(issuer ? ['-CA', issuer.certFile, '-CAkey', issuer.keyFile] : []),
    ])
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    return { cert, key, certFile, keyFile }
  }
}
