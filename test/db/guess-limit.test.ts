/** Guesses are counted before they are judged: exact, however many come at once. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createDenylist } from '../../src/db/denylist.ts'
import { createGuessLimit } from '../../src/db/guess-limit.ts'
import type { Guesser } from '../../src/db/guess-limit.ts'
import { createRevision } from '../../src/db/revision.ts'
import { createThrottle } from '../../src/db/throttle.ts'
import { fixedClock } from '../../src/lib/clock.ts'
import { Refusal } from '../../src/refusals/refusal.ts'
import { openedDatabase } from '../helpers/database.ts'
import { bothProviders } from '../helpers/postgres.ts'

const alice: Guesser = { kind: 'account', name: 'alice', address: '192.0.2.1' }

for (const { test: check, migrated } of await bothProviders(test)) {
  const setUp = async (t: ExecutionContext) => {
    const url = await migrated(t)
    const clock = fixedClock()
    const process = async () => {
      const { db } = await openedDatabase(t, url)
      const denylist = createDenylist({ db, clock, revision: createRevision(db) })
      const throttle = createThrottle({ db, clock })
      return createGuessLimit({ throttle, denylist, clock })
    }
    const limit = await process()
    let judged = 0
    /** `right`, `wrong`, or how long to wait. */
    const guess = async (isRight: boolean, guesser = alice, by = limit) => {
      try {
        const right = await by.attempt(guesser, async () => {
          judged += 1
          return isRight
        })
        return right ? 'right' : 'wrong'
      } catch (error) {
        if (!(error instanceof Refusal) || error.id !== 'login-throttled') throw error
        return `wait ${error.headers['Retry-After'] ?? ''}`
      }
    }
    const times = async (number: number, isRight: boolean, guesser = alice) => {
      const said = []
      for (let at = 0; at < number; at++) said.push(await guess(isRight, guesser))
      return said
    }
    return { clock, limit, process, guess, times, judged: () => judged }
  }

  check('after ten wrong ones the eleventh waits, right or wrong, and is not judged', async (t) => {
    const { guess, times, judged, clock } = await setUp(t)
    t.deepEqual(await times(10, false), Array<string>(10).fill('wrong'))
    clock.advance(100)
    t.is(await guess(true), 'wait 200')
    t.is(await guess(false), 'wait 200')
    t.is(judged(), 10)
    clock.advance(200)
    t.is(await guess(true), 'right')
  })

  check('a right one clears the count of its name', async (t) => {
    const { guess, times } = await setUp(t)
    await times(9, false)
    t.is(await guess(true), 'right')
    t.deepEqual(await times(10, false), Array<string>(10).fill('wrong'))
    t.regex(await guess(true), /^wait /)
  })

  check('another name, another address and another kind are not affected', async (t) => {
    const { guess, times } = await setUp(t)
    await times(11, false)
    t.is(await guess(true, { ...alice, name: 'bob' }), 'right')
    t.is(await guess(true, { ...alice, address: '192.0.2.2' }), 'right')
    t.is(await guess(true, { ...alice, kind: 'client' }), 'right')
    t.regex(await guess(true), /^wait /)
  })

  check('all of a network of IPv6 counts as one address, and no other network does', async (t) => {
    const { guess, times, judged } = await setUp(t)
    for (let at = 1; at <= 10; at++) {
      await times(1, false, { ...alice, address: `2001:db8:1:2::${at}` })
    }
    t.regex(await guess(true, { ...alice, address: '2001:db8:1:2:ffff::1' }), /^wait /)
    t.is(await guess(true, { ...alice, address: '2001:db8:1:3::1' }), 'right')
    t.is(judged(), 11)
    await times(10, false)
    t.regex(await guess(true, { ...alice, address: '::ffff:c000:201' }), /^wait /)
  })

  check('a name counts the same however its letters are composed', async (t) => {
    const { guess, times } = await setUp(t)
    await times(10, false, { ...alice, name: 'J\u00E4s' })
    t.regex(await guess(true, { ...alice, name: 'Ja\u0308s' }), /^wait /)
  })

  check('after a hundred wrong ones an address waits, whatever the name', async (t) => {
    const { guess, times, judged } = await setUp(t)
    for (let at = 0; at < 10; at++) await times(10, false, { ...alice, name: `nobody ${at}` })
    t.is(judged(), 100)
    t.regex(await guess(true, { ...alice, name: 'bob' }), /^wait /)
    t.is(await guess(true, { ...alice, address: '192.0.2.2' }), 'right')
    t.is(judged(), 101)
  })

  check('right ones do not count for their address', async (t) => {
    const { times } = await setUp(t)
    t.deepEqual(await times(101, true), Array<string>(101).fill('right'))
  })

  check('of fifty wrong ones at once, from two processes, ten are judged', async (t) => {
    const { guess, limit, process, judged } = await setUp(t)
    const other = await process()
    const said = await Promise.all(
      Array.from({ length: 50 }, (_, at) => guess(false, alice, at % 2 ? other : limit)),
    )
    t.is(judged(), 10)
    t.is(said.filter((one) => one === 'wrong').length, 10)
    t.regex(await guess(true), /^wait /)
  })

  check('of fifty right ones at once none waits', async (t) => {
    const { guess } = await setUp(t)
    const said = await Promise.all(Array.from({ length: 50 }, () => guess(true)))
    t.deepEqual(said, Array<string>(50).fill('right'))
  })

  check('a guess that could not be judged does not count', async (t) => {
    const { limit, guess, times } = await setUp(t)
    for (let at = 0; at < 12; at++) {
      const outage = limit.attempt(alice, () => Promise.reject(new Error('out of reach')))
      await t.throwsAsync(outage, { message: 'out of reach' })
    }
    await times(9, false)
    t.is(await guess(true), 'right')
  })

  check('any name will do', async (t) => {
    const { guess } = await setUp(t)
    for (const name of ['', 'a\0b', "'; DROP TABLE x", '\uD800', 'x'.repeat(10_000)]) {
      t.is(await guess(false, { ...alice, name }), 'wrong')
    }
  })

  check(
    'what was failed blocks from the limit on, right or wrong, and costs others nothing',
    async (t) => {
      const { limit, process, clock } = await setUp(t)
      const other = await process()
      for (let at = 0; at < 9; at++) await limit.failed(alice)
      await t.notThrowsAsync(other.requireUnblocked(alice))
      await limit.failed(alice)
      for (const one of [limit, other]) {
        const error = await t.throwsAsync(one.requireUnblocked(alice), { instanceOf: Refusal })
        t.is(error.id, 'login-throttled')
        t.is(error.headers['Retry-After'], '300')
      }
      await t.notThrowsAsync(other.requireUnblocked({ ...alice, name: 'bob' }))
      clock.advance(300)
      await t.notThrowsAsync(other.requireUnblocked(alice))
    },
  )
}
