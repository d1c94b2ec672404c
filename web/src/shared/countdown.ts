/** How the time left is said. Pure. */

export const ENDING_SOON_MS = 60_000
const SECOND_MS = 1_000
const MINUTE_SECONDS = 60
const HOUR_SECONDS = 3_600
const DAY_SECONDS = 86_400

export type Urgency = 'calm' | 'soon' | 'last' | 'over'
const LAST_MS = 10_000

/** The whole seconds to show: a second is shown until it is over, and zero only when nothing is left. */
export function secondsLeft(endsAtMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((endsAtMs - nowMs) / SECOND_MS))
}

/** `2d 4h`, `4h 07m`, `12:07`, `0:09`. */
export function countdownText(totalSeconds: number): string {
  const days = Math.floor(totalSeconds / DAY_SECONDS)
  const hours = Math.floor((totalSeconds % DAY_SECONDS) / HOUR_SECONDS)
  const minutes = Math.floor((totalSeconds % HOUR_SECONDS) / MINUTE_SECONDS)
  const seconds = totalSeconds % MINUTE_SECONDS
  const two = (value: number) => String(value).padStart(2, '0')
  if (days > 0) return `${String(days)}d ${String(hours)}h`
  if (hours > 0) return `${String(hours)}h ${two(minutes)}m`
  return `${String(minutes)}:${two(seconds)}`
}

/** As an ISO 8601 duration, for `<time datetime>`. */
export function isoDuration(totalSeconds: number): string {
  return `PT${String(totalSeconds)}S`
}

/** How pressing it is: the last minute is soon, the last ten seconds are the last. */
export function urgency(endsAtMs: number, nowMs: number): Urgency {
  const leftMs = endsAtMs - nowMs
  if (leftMs <= 0) return 'over'
  if (leftMs <= LAST_MS) return 'last'
  return leftMs <= ENDING_SOON_MS ? 'soon' : 'calm'
}

/** Whether a screen reader is told the time now: at each of the few moments that matter, never each second. */
export function isSpoken(seconds: number): boolean {
  return seconds === 60 || seconds === 30 || seconds === 10
}
