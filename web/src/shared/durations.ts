import { t } from '@/strings/t'

const MINUTE = 60
const HOUR = 3_600
const DAY = 86_400

/** How long auctions usually run, in seconds. */
export const USUAL_SECONDS = [
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  6 * HOUR,
  DAY,
  3 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
]

/** `10 minutes`, `3 days`. */
export function durationWords(seconds: number): string {
  if (seconds % DAY === 0) return t('sell.days', { n: seconds / DAY })
  if (seconds % HOUR === 0) return t('sell.hours', { n: seconds / HOUR })
  return t('sell.minutes', { n: Math.round(seconds / MINUTE) })
}

/** Choices for a list, within the market's bounds; `others` are always among them. */
export function durationChoices(
  minSeconds: number,
  maxDays: number,
  ...others: number[]
): [string, string][] {
  const within = USUAL_SECONDS.filter(one => one >= minSeconds && one <= maxDays * DAY)
  return [...new Set([...within, ...others])]
    .sort((a, b) => a - b)
    .map(one => [String(one), durationWords(one)])
}
