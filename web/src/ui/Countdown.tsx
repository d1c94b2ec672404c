import { countdownText, isoDuration, isSpoken, secondsLeft, urgency } from '@/shared/countdown'
import { cx } from '@/shared/cx'
import { useServerTime } from '@/shared/ticker'
import { t } from '@/strings/t'

const COLOURS = { calm: '', soon: 'text-warn', last: 'text-accent', over: 'text-ink-3' } as const

/** The time left by the server's clock. Read out only at the few moments that matter. */
export function Countdown({
  endsAt,
  className,
  spoken = false,
}: {
  endsAt: string
  className?: string
  spoken?: boolean
}) {
  const endsAtMs = Date.parse(endsAt)
  const seconds = useServerTime(now => secondsLeft(endsAtMs, now))
  const pressing = useServerTime(now => urgency(endsAtMs, now))
  return (
    <>
      <time dateTime={isoDuration(seconds)} className={cx('figures', COLOURS[pressing], className)}>
        {seconds > 0 ? countdownText(seconds) : t('countdown.closing')}
      </time>
      {spoken && (
        <span className="sr-only" role="status">
          {isSpoken(seconds) ? t('countdown.spoken', { n: seconds }) : ''}
        </span>
      )}
    </>
  )
}
