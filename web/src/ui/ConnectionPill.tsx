import { cx } from '@/shared/cx'
import { useConnection, type Connection } from '@/live/useConnection'
import { t } from '@/strings/t'

const WORDS = {
  idle: 'connection.connecting',
  connecting: 'connection.connecting',
  live: 'connection.live',
  checking: 'connection.checking',
  lost: 'connection.lost',
  offline: 'connection.offline',
} as const

/** Whether what is shown is what is. */
export function ConnectionPill() {
  const connection: Connection = useConnection()
  const isLive = connection === 'live'
  return (
    <span
      role="status"
      className={cx(
        'inline-flex items-center gap-1.5 rounded-full px-2.5 py-1 text-xs leading-none font-bold',
        isLive ? 'bg-good-soft text-good' : 'bg-warn-soft text-warn',
      )}
    >
      <span aria-hidden="true" className={cx('size-1.5 rounded-full bg-current', isLive && 'animate-beat')} />
      {t(WORDS[connection])}
    </span>
  )
}
