import test from 'ava'
import { DEFAULT_COST, createPasswordHashing } from '../../src/directory/password-hashing.ts'

const cheap = createPasswordHashing({ cost: 2 })

test('a password fits the value it was hashed to, and no other does', async (t) => {
  const stored = await cheap.hash('wonderland')
  t.true(await cheap.verify('wonderland', stored))
  t.false(await cheap.verify('Wonderland', stored))
  t.false(await cheap.verify('', stored))
})

test('two people with the same password have different stored values, which do not hold it', async (t) => {
  const stored = await cheap.hash('wonderland')
  t.not(await cheap.hash('wonderland'), stored)
  t.false(stored.includes('wonderland'))
})

test('a stored value is verified at the cost it was made with', async (t) => {
  const dearer = createPasswordHashing({ cost: 16 })
  const stored = await dearer.hash('wonderland')
  t.regex(stored, /^\$scrypt\$ln=4,r=8,p=3\$/)
  t.true(await cheap.verify('wonderland', stored))
})

test('an accent counts the same however a keyboard composes it', async (t) => {
  const stored = await cheap.hash('caf\u00E9')
  t.true(await cheap.verify('cafe\u0301', stored))
  t.false(await cheap.verify('cafe', stored))
})

test('the value for people who do not exist costs the same and fits no password', async (t) => {
  t.is(cheap.unmatchable.split('$')[2], (await cheap.hash('x')).split('$')[2])
  t.false(await cheap.verify('', cheap.unmatchable))
})

test('a stored value that makes no sense fits no password and costs no gigabytes', async (t) => {
  const stored = await cheap.hash('x')
  const broken = ['', 'plain', stored.slice(0, -4), stored.replace('ln=1', 'ln=30')]
  for (const value of broken) t.false(await cheap.verify('x', value), value)
})

test('unless told, hashing takes the cost that OWASP asks of scrypt', async (t) => {
  t.is(DEFAULT_COST, 2 ** 15)
  t.regex(await createPasswordHashing().hash('x'), /^\$scrypt\$ln=15,r=8,p=3\$/)
})

test('a cost that is no power of two is refused at once', (t) => {
  for (const cost of [0, 1, 3, 2.5]) {
    t.throws(() => createPasswordHashing({ cost }), { instanceOf: RangeError })
  }
})
