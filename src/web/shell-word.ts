/** Values as words of a shell command that a person will copy. */

/** The value itself when a shell reads it as it stands, else in single quotes. */
export const shellWord = (value: string): string =>
  /^[\w.,:/@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
