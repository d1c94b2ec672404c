import { X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { Link } from '@tanstack/react-router'
import { cx } from '@/shared/cx'
import { t } from '@/strings/t'
import { currentToasts, dismiss, listenToToasts, type Tone } from './toasts'

const TONES: Record<Tone, string> = {
  plain: 'bg-ink text-paper',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
}

/** Where toasts appear; once a page. */
export function Toasts() {
  const toasts = useSyncExternalStore(listenToToasts, currentToasts)
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 top-16 z-50 flex flex-col items-center gap-2 px-4 sm:top-20"
    >
      {toasts.map(one => (
        <div
          key={one.id}
          className={cx(
            'pointer-events-auto flex max-w-md animate-rise items-center gap-3 rounded-full py-2 pr-2 pl-5 text-sm font-semibold shadow-card',
            TONES[one.tone],
          )}
        >
          <span>{one.text}</span>
          {one.link && (
            <Link to={one.link.to} className="underline underline-offset-4">
              {one.link.text}
            </Link>
          )}
          <button
            type="button"
            aria-label={t('app.close')}
            onClick={() => dismiss(one.id)}
            className="grid size-8 place-items-center rounded-full opacity-70 hover:opacity-100"
          >
            <X className="size-4" />
          </button>
        </div>
      ))}
    </div>
  )
}
