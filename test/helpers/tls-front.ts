/** The server behind nginx, which ends TLS and hands on the certificates of clients as README.md shows. */
import { request } from 'node:https'
import tls from 'node:tls'
import type { ExecutionContext } from 'ava'
import { asShown } from '../clients/as-shown.ts'
import { findOpenssl, type Certificate } from './certificate.ts'
import { isInstalled } from './installed.ts'
import { start, type TestServer } from './start.ts'
import { freePort, NGINX, startNginx } from './web-server.ts'

export type TlsFront = {
  server: TestServer
  issuer: string
  /** Self-signed certificates of clients; `issued` is issued by an authority that nginx trusts. */
  own: Certificate
  other: Certificate
  issued: Certificate
  /** Self-signed, with the names of `issued`. */
  forged: Certificate
  front: Certificate
  /** `fetch` on a connection with this certificate, or with none. */
  fetchAs(certificate?: Certificate): (url: string | URL, init?: Init) => Promise<Response>
}

type Init = { method?: string; headers?: HeadersInit; body?: unknown }

/** `undefined`: something is not installed, and the test is over. */
export async function startTlsFront(t: ExecutionContext): Promise<TlsFront | undefined> {
  const make = await findOpenssl(t)
  if (!make || !isInstalled(t, { [NGINX]: 'nginx' })) return undefined
  const [front, authority, own, other] = await Promise.all(
    ['front', 'authority', 'own', 'other'].map((name) => make(name)),
  )
  if (!front || !authority || !own || !other) return undefined
  const names = 'DNS:client.example,URI:https://client.example/'
  const issued = await make('issued', names, authority)
  const forged = await make('issued', names)
  // For browsers of people, which are no clients with a certificate.
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), front.cert])
  const port = await freePort()
  const issuer = `https://localhost:${port}`
  const server = await start(t, {
    settings: {
      ISSUER: issuer,
      TRUST_PROXY: '127.0.0.1',
      MTLS_CERT_HEADER: 'Client-Cert',
      MTLS_VERIFY_HEADER: 'Client-Cert-Verify',
    },
  })
  const shown = asShown('mutual-tls-nginx.conf', {
    '/etc/nginx/authorities.crt': authority.certFile,
    ':4010;': `:${server.port};`,
  })
  const tlsLines = `listen 127.0.0.1:${port} ssl; ssl_certificate ${front.certFile}; ssl_certificate_key ${front.keyFile};`
  await startNginx(t, port, `server { ${tlsLines} ${shown} }`)

  const fetchAs =
    (certificate?: Certificate) =>
    (url: string | URL, init: Init = {}) =>
      new Promise<Response>((resolve, reject) => {
        const headers = Object.fromEntries(new Headers(init.headers))
        const { cert, key } = certificate ?? {}
        const options = { method: init.method ?? 'GET', headers, ca: front.cert, cert, key }
        const sent = request(url, { ...options, agent: false }, (res) => {
          const chunks: Buffer[] = []
          res.on('data', (chunk: Buffer) => chunks.push(chunk))
          res.on('end', () => {
            const pairs = Object.entries(res.headersDistinct).flatMap(([name, values = []]) =>
              values.map((value): [string, string] => [name, value]),
            )
            const body = Buffer.concat(chunks)
            const status = res.statusCode ?? 500
            resolve(new Response(status === 204 ? null : body, { status, headers: pairs }))
          })
        })
        sent.on('error', reject)
        const { body } = init
        sent.end(body instanceof URLSearchParams ? body.toString() : body)
      })
  return { server, issuer, own, other, issued, forged, front, fetchAs }
}
