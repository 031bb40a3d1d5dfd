import test from 'ava'
import { createTurns } from '../../src/lib/turns.ts'

/** Work that is under way until it is told to end. */
function workshop(most: number) {
  const take = createTurns(most)
  const begun: string[] = []
  const open = new Map<string, () => void>()
  return {
    begun,
    start: (name: string, key = 'a') =>
      take(key, async () => {
        begun.push(name)
        await new Promise<void>((resolve) => open.set(name, resolve))
        return name
      }),
    end: (name: string) => open.get(name)?.(),
  }
}

test('so many run at once, the others in the order they came', async (t) => {
  const { begun, start, end } = workshop(2)
  const all = ['1', '2', '3', '4'].map((name) => start(name))
  t.deepEqual(begun, ['1', '2'])
  end('2')
  await all[1]
  end('1')
  await all[0]
  await Promise.resolve()
  t.deepEqual(begun, ['1', '2', '3', '4'])
  end('3')
  end('4')
  t.deepEqual(await Promise.all(all), ['1', '2', '3', '4'])
})

test('one key does not wait for another', (t) => {
  const { begun, start } = workshop(1)
  void start('1', 'a')
  void start('2', 'b')
  void start('3', 'a')
  t.deepEqual(begun, ['1', '2'])
})

test('work that fails makes room like any other', async (t) => {
  const take = createTurns(1)
  const failing = take('a', () => Promise.reject(new Error('no')))
  const next = take('a', async () => 'next')
  await t.throwsAsync(failing, { message: 'no' })
  t.is(await next, 'next')
  t.is(await take('a', async () => 'again'), 'again')
})
