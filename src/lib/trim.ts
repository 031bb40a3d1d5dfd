/** Takes characters off the ends of a text and looks at each once. An expression that ends in `$` starts anew at each. */

/** Without the characters of `start` at its beginning and those of `end` at its end. */
export function trim(text: string, start: string, end = start): string {
  let from = 0
  let to = text.length
  while (from < to && start.includes(text.charAt(from))) from++
  while (from < to && end.includes(text.charAt(to - 1))) to--
  return text.slice(from, to)
}
