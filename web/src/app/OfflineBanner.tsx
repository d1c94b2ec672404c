import { WifiOff } from 'lucide-react'
import { useConnection } from '@/live/useConnection'
import { t } from '@/strings/t'

/** Honest about a lost line: what is shown may be old, and nothing can be sent. */
export function OfflineBanner() {
  const connection = useConnection()
  if (connection !== 'offline' && connection !== 'lost') return null
  return (
    <div
      role="status"
      className="sticky top-16 z-20 flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-center text-sm font-semibold text-warn"
    >
      <WifiOff aria-hidden="true" className="size-4 shrink-0" />
      {connection === 'offline' ? t('connection.offlineLong') : t('connection.lostLong')}
    </div>
  )
}
