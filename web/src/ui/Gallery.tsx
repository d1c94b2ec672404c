import { memo, useRef, useState } from 'react'
import type { Medium } from '@/api/types'
import { cx } from '@/shared/cx'
import { t } from '@/strings/t'
import { Picture } from './bits'
import { pictureSources, pictureUrl } from './listings'

interface Props {
  /** What the thing is, for those who cannot see it. */
  title: string
  media: Medium[]
  /** Shown until the pictures are known. */
  cover?: string | null | undefined
}

/** The pictures of a thing: swiped on a phone, chosen by small ones where there is room. */
export const Gallery = memo(function Gallery({ title, media, cover }: Props) {
  const strip = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState(0)
  if (media.length === 0)
    return <Picture src={cover} alt={title} isFirst className="aspect-4/3 sm:rounded-3xl" />
  const show = (index: number) => strip.current?.scrollTo({ left: index * strip.current.clientWidth })
  return (
    <div className="grid grid-cols-1 content-start gap-3">
      <div className="relative">
        <div
          ref={strip}
          // What scrolls must be reachable by the keyboard.
          tabIndex={media.length > 1 ? 0 : undefined}
          role={media.length > 1 ? 'region' : undefined}
          aria-label={media.length > 1 ? t('room.pictures') : undefined}
          onScroll={event => {
            const { scrollLeft, clientWidth } = event.currentTarget
            setChosen(Math.round(scrollLeft / Math.max(clientWidth, 1)))
          }}
          className="flex snap-x snap-mandatory overflow-x-auto [scrollbar-width:none] motion-safe:scroll-smooth sm:rounded-3xl"
        >
          {media.map((medium, index) => (
            <Picture
              key={medium.id}
              src={pictureUrl(medium, 'large')}
              sources={pictureSources(medium)}
              sizes="(min-width: 768px) 55vw, 100vw"
              alt={
                media.length > 1
                  ? `${title}. ${t('room.picture', { n: index + 1, of: media.length })}`
                  : title
              }
              isFirst={index === 0}
              className="aspect-4/3 w-full shrink-0 snap-center"
            />
          ))}
        </div>
        {media.length > 1 && (
          <span
            aria-hidden="true"
            className="figures absolute right-3 bottom-3 rounded-full bg-raised/90 px-2.5 py-1 text-xs font-bold sm:hidden"
          >
            {chosen + 1} / {media.length}
          </span>
        )}
      </div>
      {media.length > 1 && (
        <div className="hidden gap-2 overflow-x-auto p-0.5 sm:flex">
          {media.map((medium, index) => (
            <button
              key={medium.id}
              type="button"
              aria-label={t('room.picture', { n: index + 1, of: media.length })}
              aria-pressed={index === chosen}
              onClick={() => show(index)}
              className={cx(
                'shrink-0 overflow-hidden rounded-xl border-2 transition',
                index === chosen ? 'border-accent' : 'border-transparent opacity-75 hover:opacity-100',
              )}
            >
              <Picture src={pictureUrl(medium, 'thumb')} alt="" className="size-18" />
            </button>
          ))}
        </div>
      )}
    </div>
  )
})
