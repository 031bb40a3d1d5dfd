/** Durations as options and arguments write them: 90, 90s, 5m, 1h, 2d. */

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 }

export type Duration = { amount: number; unit: keyof typeof UNITS; seconds: number }

/** Undefined when it is none. */
export function parseDuration(text: string): Duration | undefined {
  const [, digits, letter] = /^(\d{1,12})([smhd]?)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const amount = Number(digits)
  const unit = (letter || 's') as Duration['unit']
  return { amount, unit, seconds: amount * UNITS[unit] }
}
