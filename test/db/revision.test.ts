/** Reads that are shared, and never answered from before the question. */
import test from 'ava'
import { createSharedRead } from '../../src/db/revision.ts'

/** A read that is answered by hand. */
function createHeldRead() {
  let reads = 0
  let asked = Promise.withResolvers<PromiseWithResolvers<number>>()
  return {
    reads: () => reads,
    read: () => {
      reads += 1
      const held = Promise.withResolvers<number>()
      asked.resolve(held)
      return held.promise
    },
    /** The next read, once it has been asked for. */
    next: async () => {
      const held = await asked.promise
      asked = Promise.withResolvers()
      return held
    },
  }
}

test('callers of the same turn share one read', async (t) => {
  let reads = 0
  const current = createSharedRead(async () => ++reads)
  t.deepEqual(await Promise.all([current(), current(), current()]), [1, 1, 1])
  t.is(await current(), 2)
})

test('a caller that comes while a read is under way gets the next one', async (t) => {
  const { read, next, reads } = createHeldRead()
  const current = createSharedRead(read)
  const early = current()
  const first = await next()
  const late = [current(), current()]
  t.is(reads(), 1, 'one read at a time')
  first.resolve(1)
  t.is(await early, 1)
  ;(await next()).resolve(2)
  t.deepEqual(await Promise.all(late), [2, 2])
})

test('a failed read rejects those it was for, and nobody else', async (t) => {
  const { read, next } = createHeldRead()
  const current = createSharedRead(read)
  const early = [current(), current()]
  const first = await next()
  const late = current()
  first.reject(new Error('out of reach'))
  for (const call of early) await t.throwsAsync(call, { message: 'out of reach' })
  ;(await next()).resolve(7)
  t.is(await late, 7)
})

test('no caller is answered with what was true before it asked', async (t) => {
  let truth = 0
  const current = createSharedRead(async () => {
    const seen = truth
    // Some turns later, as from a server.
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    return seen
  })
  const calls: Promise<boolean>[] = []
  for (let step = 0; step < 200; step++) {
    const least = ++truth
    calls.push(current().then((seen) => seen >= least))
    if (step % 3 === 0) await new Promise(setImmediate)
  }
  t.true((await Promise.all(calls)).every(Boolean))
})
