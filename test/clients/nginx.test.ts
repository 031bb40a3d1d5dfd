/** Countersign behind nginx, which ends TLS as the README says, and a client that knows nothing but https. */
import tls from 'node:tls'
import test from 'ava'
import { findOpenssl } from '../helpers/certificate.ts'
import { isInstalled } from '../helpers/installed.ts'
import { createPerson } from '../helpers/person.ts'
import { start } from '../helpers/start.ts'
import { freePort, NGINX, startNginx } from '../helpers/web-server.ts'
import { asShown } from './as-shown.ts'
import { AUTHLIB, runScript } from './python.ts'

const NEEDED = { [NGINX]: 'nginx', ...AUTHLIB }

test('behind nginx everything is https, to the person and to a client', async (t) => {
  if (!isInstalled(t, NEEDED)) return
  const make = await findOpenssl(t)
  if (!make) return
  const { cert, certFile, keyFile } = await make('front')
  tls.setDefaultCACertificates([...tls.getCACertificates(), cert])
  const port = await freePort()
  const issuer = `https://localhost:${port}`
  const server = await start(t, { settings: { ISSUER: issuer, TRUST_PROXY: '127.0.0.1,::1' } })
  const site = asShown('nginx.conf', {
    '8443': `127.0.0.1:${port}`,
    'http://localhost:4010': `http://localhost:${server.port}`,
    'certificate.pem': certFile,
    'key.pem': keyFile,
  })
  await startNginx(t, port, site)

  const known = await (await fetch(`${issuer}/.well-known/openid-configuration`)).text()
  t.deepEqual(known.match(/http:[^"]*/g), null)
  const { url } = createPerson(issuer).request()
  const begun = await fetch(url, { redirect: 'manual' })
  t.true(begun.headers.get('location')?.startsWith('/interaction/'))
  const cookies = begun.headers.getSetCookie()
  t.true(cookies.length > 0 && cookies.every((cookie) => /; secure/i.test(cookie)))

  const script = asShown('with-authlib.py', { 'http://localhost:4010': issuer })
  const [notes, whoami] = await runScript(t, issuer, ['-c', script], {
    REQUESTS_CA_BUNDLE: certFile,
  })
  t.regex(notes ?? '', /caterpillar/)
  t.regex(whoami ?? '', /'sub': 'service'/)
})
