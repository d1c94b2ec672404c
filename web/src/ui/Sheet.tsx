import { X } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { t } from '@/strings/t'
import { IconButton } from './Button'

interface Props {
  title: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
}

/** A dialog: from below on phones, in the middle on larger screens. The machine's own, so focus stays inside. */
export function Sheet({ title, isOpen, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    if (!element) return
    if (isOpen && !element.open) element.showModal()
    if (!isOpen && element.open) element.close()
  }, [isOpen])
  return (
    // A press beside the sheet closes it; the keyboard has Escape.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      onClose={onClose}
      onClick={event => {
        if (event.target === dialog.current) onClose()
      }}
      aria-label={title}
      className="fixed mx-auto mt-auto mb-0 w-full max-w-lg overflow-visible bg-transparent text-ink sm:my-auto"
    >
      {isOpen && (
        <div className="max-h-[90dvh] animate-sheet overflow-y-auto rounded-t-3xl bg-raised p-5 pb-[max(1.25rem,env(safe-area-inset-bottom))] shadow-card sm:rounded-3xl sm:p-7">
          <div className="mb-4 flex items-center justify-between gap-4">
            <h2 className="text-2xl font-bold">{title}</h2>
            <IconButton label={t('app.close')} onClick={onClose} className="-mr-2">
              <X className="size-5" />
            </IconButton>
          </div>
          {children}
        </div>
      )}
    </dialog>
  )
}
