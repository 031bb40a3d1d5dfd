import test from 'ava'
import fc from '../helpers/properties.ts'
import { addressBlock } from '../../src/lib/address-block.ts'

test('an address of IPv4 stands for itself, however it is written', (t) => {
  for (const address of [
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '::FFFF:c000:201',
    '0:0:0:0:0:ffff:c000:0201',
  ]) {
    t.is(addressBlock(address), '192.0.2.1', address)
  }
  t.not(addressBlock('::ffff:192.0.2.2'), addressBlock('192.0.2.1'))
  t.is(addressBlock(''), '')
})

test('addresses of IPv6 count as one with all that share 64 bits with them', (t) => {
  for (const address of [
    '2001:db8:1:2::1',
    '2001:DB8:0001:2:ffff:ffff:ffff:ffff',
    '2001:db8:1:2:0:0:192.0.2.1',
  ]) {
    t.is(addressBlock(address), '2001:db8:1:2::/64', address)
  }
  t.not(addressBlock('2001:db8:1:3::1'), addressBlock('2001:db8:1:2::1'))
  t.is(addressBlock('2001:db8::1'), '2001:db8:0:0::/64')
  t.is(addressBlock('::1'), '0:0:0:0::/64')
  t.is(addressBlock('fe80::1%eth0'), addressBlock('fe80::2'))
})

test('the first half of an address alone counts, however it is written', (t) => {
  const word = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16))
  const half = fc.tuple(word, word, word, word).map((words) => words.join(':'))
  fc.assert(
    fc.property(half, half, half, (network, one, other) => {
      if (network.startsWith('0:')) return true
      const [first, second] = [`${network}:${one}`, `${network}:${other}`]
      // Canonical, with the longest run of zeros left out.
      const short = new URL(`http://[${first}]`).hostname.slice(1, -1)
      return (
        addressBlock(first) === `${network}::/64` &&
        addressBlock(short) === addressBlock(second) &&
        addressBlock(first.toUpperCase()) === addressBlock(second)
      )
    }),
  )
  t.pass()
})
