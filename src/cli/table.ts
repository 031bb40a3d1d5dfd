/** Columns of text for a terminal. */

/** What is printed is a name or an address; a control character in it could move the cursor. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '�')

export const shorten = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, Math.max(0, most - 1))}…` : text

/** To the second: `2026-01-31 12:00:05Z`. */
export const moment = (time: Date | number): string =>
  `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`

/** Pads every column but the last to its longest cell; lines are cut at `width`. */
export function table(rows: readonly (readonly string[])[], width = Infinity): string[] {
  const clean = rows.map((row) => row.map(printable))
  const columns = Math.max(0, ...clean.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...clean.map((row) => row[column]?.length ?? 0)),
  )
  return clean.map((row) =>
    shorten(
      row
        .map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell))
        .join('  ')
        .trimEnd(),
      width,
    ),
  )
}
