import { countdownText, isoDuration, secondsLeft } from '@/shared/countdown'
import { formatDateTime } from '@/shared/dates'
import { cx } from '@/shared/cx'
import { useServerTime } from '@/shared/ticker'

const PRESSING_SECONDS = 6 * 3_600

/** When something must have been done, by the server's clock: the moment, and how long that is. */
export function Deadline({
  by,
  over,
  className,
}: {
  by: string
  /** What is said when the time has passed. */
  over: string
  className?: string
}) {
  const byMs = Date.parse(by)
  const seconds = useServerTime(now => secondsLeft(byMs, now))
  return (
    <span className={cx('inline-flex flex-wrap items-baseline gap-x-2', className)}>
      <span>{formatDateTime(by)}</span>
      <time
        dateTime={isoDuration(seconds)}
        className={cx('figures font-semibold', seconds < PRESSING_SECONDS ? 'text-warn' : 'text-ink-2')}
      >
        {seconds > 0 ? countdownText(seconds) : over}
      </time>
    </span>
  )
}
