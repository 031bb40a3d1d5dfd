/** The header with a TLS client's certificate: whom it is believed from, in which forms, and that nobody else sees it. */
import { X509Certificate } from 'node:crypto'
import test from 'ava'
import {
  clientCertificateOf,
  parseCertificate,
} from '../../src/web/http-edge/client-certificate.ts'
import { findOpenssl } from '../helpers/certificate.ts'
import { requestOf, sendRaw } from '../helpers/raw-http.ts'
import { startEdge } from './edge-server.ts'

const NAMES = { certHeader: 'client-cert', verifyHeader: 'client-cert-verify' }

test('one certificate is read, as RFC 9440 and as nginx write it, and nothing that is nearly one', async (t) => {
  const make = await findOpenssl(t)
  if (!make) return
  const { cert } = await make('client')
  const other = await make('other')
  const { raw } = new X509Certificate(cert)
  const der = raw.toString('base64')
  for (const good of [`:${der}:`, encodeURIComponent(cert), encodeURIComponent(cert.trim())]) {
    t.true(parseCertificate(good)?.raw.equals(raw))
  }
  const withMore = Buffer.concat([raw, Buffer.from('more')]).toString('base64')
  for (const [what, bad] of Object.entries({
    nothing: '',
    'no bytes': '::',
    'base64 without colons': der,
    'a parameter': `:${der}:;a=1`,
    'a list': `:${der}:, :${der}:`,
    'the url alphabet': `:${raw.toString('base64url')}:`,
    'space in it': `:${der.slice(0, 8)} ${der.slice(8)}:`,
    'bytes behind it': `:${withMore}:`,
    'half of it': `:${raw.subarray(0, 100).toString('base64')}:`,
    'two in PEM': encodeURIComponent(cert + other.cert),
    'text before it': encodeURIComponent(`x\n${cert}`),
    'a key': encodeURIComponent(other.key),
    'broken escapes': `${encodeURIComponent(cert)}%`,
    'bytes behind it in PEM': encodeURIComponent(
      `-----BEGIN CERTIFICATE-----\n${withMore.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    ),
    'not escaped': cert.replaceAll('\n', '\t'),
  })) {
    t.is(parseCertificate(bad), undefined, what)
  }
})

test('it counts from a believed proxy alone, and is taken off every request in every spelling', async (t) => {
  const make = await findOpenssl(t)
  if (!make) return
  const { cert } = await make('client')
  const der = new X509Certificate(cert).raw.toString('base64')
  const lines = [
    `Client-Cert: :${der}:`,
    'Client-Cert-Verify: SUCCESS',
    `Client_Cert: :${der}:`,
    'CLIENT_CERT-verify: SUCCESS',
  ]
  for (const [trustProxy, names, expected] of [
    [['127.0.0.1'], NAMES, { shown: true, verified: true }],
    [['127.0.0.1'], { certHeader: 'client-cert' }, { shown: true, verified: false }],
    [['192.0.2.1'], NAMES, { shown: false }],
    [[], NAMES, { shown: false }],
  ] as const) {
    const server = await startEdge(t, {
      edge: { trustProxy, ...names },
      app(ctx) {
        const found = clientCertificateOf(ctx)
        ctx.body = {
          shown: found !== undefined,
          verified: found?.verified,
          views: [
            ...Object.keys(ctx.req.headers),
            ...Object.keys(ctx.req.headersDistinct),
            ...ctx.req.rawHeaders,
          ],
        }
      },
    })
    const host = `Host: localhost:${server.port}`
    const answer = await sendRaw(server.port, requestOf(['GET / HTTP/1.1', host, ...lines]))
    const { views, ...seen } = JSON.parse(answer.body) as { views: string[] }
    t.deepEqual(seen, expected)
    const left = views.filter((name) => /^client[-_]cert$/i.test(name))
    t.deepEqual(left, [])
    const marks = views.filter((name) => /^client[-_]cert[-_]verify$/i.test(name))
    t.is(marks.length, 'verifyHeader' in names ? 0 : 6)
  }
})

test('what nginx says of a certificate that it could not verify is no success', async (t) => {
  const make = await findOpenssl(t)
  if (!make) return
  const { cert } = await make('client')
  const server = await startEdge(t, {
    edge: { trustProxy: ['127.0.0.1'], ...NAMES },
    app(ctx) {
      ctx.body = { verified: clientCertificateOf(ctx)?.verified }
    },
  })
  for (const said of [
    'FAILED:self-signed certificate',
    'NONE',
    'success',
    'SUCCESS, SUCCESS',
    '',
  ]) {
    const answer = await sendRaw(
      server.port,
      requestOf([
        'GET / HTTP/1.1',
        `Host: localhost:${server.port}`,
        `Client-Cert: ${encodeURIComponent(cert)}`,
        `Client-Cert-Verify: ${said}`,
      ]),
    )
    t.deepEqual(JSON.parse(answer.body), { verified: false }, said)
  }
})
