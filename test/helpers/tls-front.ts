/** The server behind nginx, which ends TLS and hands on the certificates of clients as README.md says. */
import { request } from 'node:https'
import type { ExecutionContext } from 'ava'
import { findOpenssl, type Certificate } from './certificate.ts'
import { findNginx, freePort } from './nginx.ts'
import { start, type TestServer } from './start.ts'

/** The lines of README.md, but for the names of files and the port. */
const lines = (front: Certificate, authority: Certificate, port: number) => `
  ssl_certificate ${front.certFile};
  ssl_certificate_key ${front.keyFile};
  ssl_verify_client optional_no_ca;
  ssl_client_certificate ${authority.certFile};

  location / {
    proxy_pass http://127.0.0.1:${port};
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header Client-Cert $ssl_client_escaped_cert;
    proxy_set_header Client-Cert-Verify $ssl_client_verify;
  }`

export type TlsFront = {
  server: TestServer
  issuer: string
  /** Self-signed certificates of clients; `issued` is issued by an authority that nginx trusts. */
  own: Certificate
  other: Certificate
  issued: Certificate
  front: Certificate
  /** `fetch` on a connection with this certificate, or with none. */
  fetchAs(certificate?: Certificate): (url: string | URL, init?: Init) => Promise<Response>
}

type Init = { method?: string; headers?: HeadersInit; body?: unknown }

/** `undefined`: something is not installed, and the test is over. */
export async function startTlsFront(t: ExecutionContext): Promise<TlsFront | undefined> {
  const make = await findOpenssl(t)
  const startNginx = make && findNginx(t)
  if (!startNginx) return undefined
  const [front, authority, own, other] = await Promise.all(
    ['front', 'authority', 'own', 'other'].map((name) => make(name)),
  )
  if (!front || !authority || !own || !other) return undefined
  const issued = await make('issued', 'DNS:client.example,URI:https://client.example/', authority)
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
  await startNginx(port, lines(front, authority, server.port))

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
  return { server, issuer, own, other, issued, front, fetchAs }
}
