/** Names in certificates (RFC 8705 §2.1.2): what is registered fits letter for letter, and no name holds another. */
import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { subjectMatches } from '../../src/authorization/client-certificates.ts'
import { findOpenssl } from '../helpers/certificate.ts'

test('a subject is compared as RFC 4514 writes it, and names by their kind', async (t) => {
  const make = await findOpenssl(t)
  if (!make) return
  const names =
    'DNS:a.example,DNS:b.example,URI:https://c.example/?a=1,IP:192.0.2.1,IP:2001:db8::1,email:d@e.example'
  const certificate = new X509Certificate((await make('client', names)).cert)
  const fits = (name: string, value: string) =>
    subjectMatches(certificate, `tls_client_auth_${name}`, value)
  for (const [name, value] of [
    ['subject_dn', 'CN=client,O=Tests\\, Inc'],
    ['san_dns', 'a.example'],
    ['san_dns', 'b.example'],
    ['san_uri', 'https://c.example/?a=1'],
    ['san_ip', '192.0.2.1'],
    ['san_ip', '2001:db8::1'],
    ['san_ip', '2001:0db8:0:0::1'],
    ['san_email', 'd@e.example'],
  ] as const) {
    t.true(fits(name, value), `${name} ${value}`)
  }
  for (const [name, value] of [
    ['subject_dn', 'O=Tests\\, Inc,CN=client'],
    ['subject_dn', 'CN=client'],
    ['subject_dn', ''],
    ['san_dns', 'A.example'],
    ['san_dns', '*.example'],
    ['san_dns', 'a.example, DNS:b.example'],
    ['san_uri', 'a.example'],
    ['san_ip', '192.0.2.2'],
    ['san_ip', 'not an address'],
    ['san_email', 'a.example'],
    ['another', 'a.example'],
  ] as const) {
    t.false(fits(name, value), `${name} ${value}`)
  }
})

test('a name that is written to look like two is one', async (t) => {
  const make = await findOpenssl(t)
  if (!make) return
  const certificate = new X509Certificate(
    (
      await make(
        'evil',
        '@names\n[names]\nURI.1=http://evil.example/, DNS:good.example\nDNS.1=evil.example',
      )
    ).cert,
  )
  t.false(subjectMatches(certificate, 'tls_client_auth_san_dns', 'good.example'))
  t.true(subjectMatches(certificate, 'tls_client_auth_san_dns', 'evil.example'))
  t.true(
    subjectMatches(
      certificate,
      'tls_client_auth_san_uri',
      'http://evil.example/, DNS:good.example',
    ),
  )
})

test('an address that is none fits none', async (t) => {
  const make = await findOpenssl(t)
  if (!make) return
  const { raw } = new X509Certificate((await make('odd', 'IP:192.0.2.1,IP:192.0.2.2')).cert)
  // Two addresses of four bytes become one of ten, which is how long none is.
  const at = raw.indexOf(Buffer.from([0x87, 0x04, 192, 0, 2, 1, 0x87, 0x04]))
  raw[at + 1] = 10
  const certificate = new X509Certificate(raw)
  t.regex(certificate.subjectAltName ?? '', /IP Address:<invalid/)
  t.false(subjectMatches(certificate, 'tls_client_auth_san_ip', 'an address'))
})
