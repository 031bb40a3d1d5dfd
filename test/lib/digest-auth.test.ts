import { createHash } from 'node:crypto'
import test from 'ava'
import {
  digestSecretOf,
  responseOf,
  rspauthOf,
  userhashOf,
  type Hash,
} from '../../src/lib/digest-auth.ts'

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

/** Printed there with a truncated SHA-512; these are of the algorithm it names (erratum 4897). */
test('the example of RFC 7616 §3.9.2 comes out as corrected', (t) => {
  const sha512of256: Hash = (text) => createHash('sha512-256').update(text).digest('hex')
  const [user, realm] = ['J\u00E4s\u00F8n Doe', 'api@example.org']
  t.is(
    userhashOf(user, realm, sha512of256),
    '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
  )
  const secret = digestSecretOf(user, realm, 'Secret, or not?', sha512of256)
  const parameters = {
    nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
    nc: '00000001',
    cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    uri: '/doe.json',
  }
  t.is(
    responseOf(secret, 'GET', parameters, sha512of256),
    '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
  )
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
