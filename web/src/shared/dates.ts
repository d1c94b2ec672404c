const LOCALE = 'en'
const DAY_MS = 86_400_000
const full = new Intl.DateTimeFormat(LOCALE, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const clock = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const day = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'long', year: 'numeric' })
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto', style: 'short' })

/** `Sat, 21 Nov, 18:30`, in the person's own time zone. */
export function formatDateTime(at: string): string {
  return full.format(new Date(at))
}

/** `18:30:05`. */
export function formatTime(at: string): string {
  return clock.format(new Date(at))
}

/** `21 November 2026`. */
export function formatDay(at: string): string {
  return day.format(new Date(at))
}

/** `2 min. ago`; from a week on, the day. */
export function formatAgo(at: string, nowMs: number): string {
  const passedMs = Date.parse(at) - nowMs
  const seconds = Math.round(passedMs / 1_000)
  if (Math.abs(seconds) < 60) return relative.format(Math.min(seconds, 0), 'second')
  const minutes = Math.round(seconds / 60)
  if (Math.abs(minutes) < 60) return relative.format(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  if (Math.abs(hours) < 24) return relative.format(hours, 'hour')
  return Math.abs(passedMs) < 7 * DAY_MS ? relative.format(Math.round(hours / 24), 'day') : formatDay(at)
}
