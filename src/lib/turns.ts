/** Work that takes turns: of one key, only so much at once; the rest waits in the order it came. */

export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>

export function createTurns(most: number): Turns {
  /** Of each key under way: how many run, and who waits. */
  const busy = new Map<string, { running: number; waiting: (() => void)[] }>()

  return async function take(key, work) {
    const turn = busy.get(key) ?? { running: 0, waiting: [] }
    busy.set(key, turn)
    if (turn.running < most) turn.running += 1
    // Whoever wakes the next hands over the place, so the number that run stays as it is.
    else await new Promise<void>((resolve) => turn.waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = turn.waiting.shift()
      if (next) next()
      else if ((turn.running -= 1) === 0) busy.delete(key)
    }
  }
}
