const LOCALE = 'en'
const decimal = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** An average as people read it: `4.8`. */
export const oneDecimal = (average: number): string => decimal.format(average)

/** Each number of stars with how many gave it and its part of the most, 5 first. Pure. */
export function barsOf(byStars: readonly number[]): { stars: number; given: number; part: number }[] {
  const most = Math.max(...byStars, 1)
  return byStars.map((given, index) => ({ stars: index + 1, given, part: given / most })).reverse()
}
