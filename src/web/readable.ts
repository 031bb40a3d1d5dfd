/** Strangers' text made fit to show: names without trickery, technical values without hidden characters. */

/** Space enough for any honest name; a longer one would push our own words off the screen. */
const NAME_LENGTH = 60
const VALUE_LENGTH = 1000

// Control characters, format characters (bidi overrides among them), private use. The two joiners
// stay: emoji, Persian and the scripts of India need them.
const unseen = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu
// Letters and symbols that are drawn as nothing.
const blanks = /[\u115f\u1160\u2800\u3164\uffa0]/g
// A tower of accents would be drawn over the lines above and below.
const accents = /(\p{M}{3})\p{M}+/gu

/**
 * The name of an app or a person as we show it: one line, nothing invisible, at most 60 letters.
 * `fallback` is shown when nothing is left.
 */
export function readableName(value: string, fallback = 'An app without a name'): string {
  const name = value
    .slice(0, NAME_LENGTH * 20)
    .toWellFormed()
    .normalize('NFC')
    .replace(/\s/g, ' ')
    .replace(unseen, '')
    .replace(blanks, ' ')
    .replace(accents, '$1')
    .replace(/ {2,}/g, ' ')
    .trim()
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(name) ? shorten(name, NAME_LENGTH) : fallback
}

/** A technical value, with every hidden character spelt out (`\u{202e}`), at most 1000 letters. */
export function visibleText(value: string): string {
  const spelt = value
    .slice(0, VALUE_LENGTH * 2)
    .toWellFormed()
    .replace(
      /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu,
      (character) => String.raw`\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    )
    .replace(accents, '$1')
  return shorten(spelt, VALUE_LENGTH)
}

/** A credential as it may be shown: its first characters, enough to tell two apart. */
export const shortSecret = (value: string): string =>
  value.length > 12 ? `${visibleText(value.slice(0, 6))}…` : '…'

/** Cuts between letters as people see them, not in the middle of an emoji. */
function shorten(value: string, length: number): string {
  if (value.length <= length) {
    return value
  }
  const letters = Array.from(new Intl.Segmenter('en').segment(value), ({ segment }) => segment)
  return letters.length > length ? `${letters.slice(0, length - 1).join('')}…` : value
}
