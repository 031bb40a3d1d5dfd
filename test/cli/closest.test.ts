import test from 'ava'
import { closest } from '../../src/lib/closest.ts'

const known = ['PORT', 'HOST', 'CLOCK_LEEWAY', 'ALLOWED_HOSTS']

test('a slip of the pen is understood: a swapped, missing, added or wrong letter', (t) => {
  for (const word of ['PROT', 'PRT', 'PORTT', 'PIRT']) t.is(closest(word, known), 'PORT', word)
})

test('capitals, hyphens and underscores do not count', (t) => {
  t.is(closest('clock-leeway', known), 'CLOCK_LEEWAY')
  t.is(closest('AllowedHosts', known), 'ALLOWED_HOSTS')
})

test('the nearer word wins, and what is like none finds none', (t) => {
  t.is(closest('HOSTS', known), 'HOST')
  for (const word of ['', 'PATH', 'HOME', 'STRIPE_KEY', 'P']) t.is(closest(word, known), undefined)
})

test('fewer mistakes may be allowed', (t) => {
  t.is(closest('CLOK_LEWAY', known), 'CLOCK_LEEWAY')
  t.is(closest('CLOK_LEWAY', known, 1), undefined)
})
