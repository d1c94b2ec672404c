import { ImagePlus, Star, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { cx } from '@/shared/cx'
import { t } from '@/strings/t'
import { Notice, Picture, Skeleton } from '@/ui/bits'
import { buttonClass, IconButton } from '@/ui/Button'
import { wordsFor } from '@/ui/Failure'
import type { Draft, DraftPicture } from './draft'
import { ACCEPTED_TYPES, uploadPicture } from '@/api/upload'

interface Props {
  draft: Draft
  change: (changes: Partial<Draft>) => void
  fault: string | undefined
}

const MAX_PICTURES = 20

/** Pictures: sent as they are chosen, the first is the cover. */
export function PicturesStep({ draft, change, fault }: Props) {
  const chooser = useRef<HTMLInputElement>(null)
  const pictures = useRef(draft.pictures)
  pictures.current = draft.pictures
  const [sending, setSending] = useState(0)
  const [isOver, setOver] = useState(false)
  const [refusals, setRefusals] = useState<string[]>([])
  const set = (next: DraftPicture[]) => {
    pictures.current = next
    change({ pictures: next })
  }
  const add = async (files: File[]) => {
    setRefusals([])
    if (!navigator.onLine) {
      setRefusals([t('sell.pictureOffline')])
      return
    }
    const chosen = files.slice(0, MAX_PICTURES - pictures.current.length)
    setSending(count => count + chosen.length)
    for (const file of chosen) {
      try {
        const picture = await uploadPicture(file)
        set([...pictures.current, picture])
      } catch (refusal) {
        setRefusals(before => [
          ...before,
          `${file.name}: ${t('sell.pictureFailed', { why: wordsFor(refusal) })}`,
        ])
      } finally {
        setSending(count => count - 1)
      }
    }
  }
  return (
    <div className="grid gap-5">
      <p className="text-ink-2">{t('sell.picturesHint')}</p>
      {/* Dropping is a shortcut; the button below does the same for everybody. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        onDragOver={event => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={event => {
          event.preventDefault()
          setOver(false)
          void add([...event.dataTransfer.files].filter(file => file.type.startsWith('image/')))
        }}
        className={cx(
          'grid grid-cols-2 gap-3 rounded-3xl border-2 border-dashed p-4 transition sm:grid-cols-3',
          isOver ? 'border-accent bg-accent-soft' : 'border-line-strong',
        )}
      >
        {draft.pictures.map((picture, index) => (
          <div key={picture.id} className="relative animate-rise">
            <Picture
              src={picture.url}
              alt={t('room.picture', { n: index + 1, of: draft.pictures.length })}
              className="aspect-4/3 rounded-xl"
            />
            {index === 0 ? (
              <span className="absolute bottom-2 left-2 rounded-full bg-raised/95 px-2.5 py-1 text-xs font-bold">
                {t('sell.pictureCover')}
              </span>
            ) : (
              <IconButton
                label={t('sell.pictureFirst', { n: index + 1 })}
                className="absolute bottom-1 left-1 size-9! bg-raised/95"
                onClick={() => set([picture, ...draft.pictures.filter(one => one.id !== picture.id)])}
              >
                <Star aria-hidden="true" className="size-4" />
              </IconButton>
            )}
            <IconButton
              label={t('sell.pictureRemove', { n: index + 1 })}
              className="absolute top-1 right-1 size-9! bg-raised/95"
              onClick={() => set(draft.pictures.filter(one => one.id !== picture.id))}
            >
              <X aria-hidden="true" className="size-4" />
            </IconButton>
          </div>
        ))}
        {Array.from({ length: sending }, (_, index) => (
          <Skeleton key={index} className="aspect-4/3" />
        ))}
        <div
          className={cx(
            'grid place-items-center gap-2 p-4 text-center',
            draft.pictures.length + sending === 0 && 'col-span-full py-10',
          )}
        >
          <input
            ref={chooser}
            type="file"
            accept={ACCEPTED_TYPES}
            multiple
            className="sr-only"
            tabIndex={-1}
            aria-label={t('sell.picturesAdd')}
            onChange={event => {
              const files = [...(event.target.files ?? [])]
              event.target.value = ''
              void add(files)
            }}
          />
          <button
            type="button"
            className={buttonClass('plain')}
            disabled={draft.pictures.length >= MAX_PICTURES}
            onClick={() => chooser.current?.click()}
          >
            <ImagePlus aria-hidden="true" className="size-5" />
            {t('sell.picturesAdd')}
          </button>
          <span className="hidden text-sm text-ink-3 sm:block">{t('sell.picturesDrop')}</span>
        </div>
      </div>
      <p role="status" className="sr-only">
        {sending > 0 ? t('sell.pictureSending') : ''}
      </p>
      {refusals.map(refusal => (
        <Notice key={refusal} tone="bad">
          {refusal}
        </Notice>
      ))}
      {fault && <Notice tone="warn">{fault}</Notice>}
    </div>
  )
}
