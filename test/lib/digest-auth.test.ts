import test from 'ava'
import { digestSecretOf, responseOf, rspauthOf, userhashOf } from '../../src/lib/digest-auth.ts'

test('the example of RFC 7616 §3.9.1 comes out as printed', (t) => {
  const secret = digestSecretOf('Mufasa', 'http-auth@example.org', 'Circle of Life')
  const response = responseOf(secret, 'GET', {
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    nc: '00000001',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    uri: '/dir/index.html',
  })
  t.is(response, '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1')
})

test('the server’s proof has no method (§3.5)', (t) => {
  const parameters = { nonce: 'n', nc: '00000001', cnonce: 'c', uri: '/x' }
  t.is(rspauthOf('s', parameters), responseOf('s', '', parameters))
  t.not(rspauthOf('s', parameters), responseOf('s', 'GET', parameters))
})

test('letters count the same however they are composed (§4)', (t) => {
  const [composed, apart] = ['J\u00E4s\u00F8n', 'Ja\u0308s\u00F8n']
  t.is(userhashOf(composed, 'r'), userhashOf(apart, 'r'))
  t.is(digestSecretOf(composed, 'r', composed), digestSecretOf(apart, 'r', apart))
})
