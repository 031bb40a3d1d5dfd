/** The known word that a mistyped one was probably meant to be. */

const plain = (word: string) => word.toLowerCase().replaceAll(/[-_ ]/g, '')

/** Edits (insert, drop, replace, swap neighbours) between two words: optimal string alignment. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/**
 * Capitals, hyphens and underscores do not count.
 *
 * @param edits how many wrong letters are forgiven; 2 unless told
 */
export function closest(word: string, known: readonly string[], edits = 2): string | undefined {
  let best: { word: string; away: number } | undefined
  for (const candidate of known) {
    const away = distance(plain(word), plain(candidate))
    // A short word is all mistakes before it is a misspelling.
    const forgiven = Math.min(edits, Math.floor(plain(candidate).length / 3))
    if (away <= forgiven && away < (best?.away ?? Infinity)) best = { word: candidate, away }
  }
  return best?.word
}
