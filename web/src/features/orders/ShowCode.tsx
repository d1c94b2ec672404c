import { useQuery } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { useMemo } from 'react'
import type { Order } from '@/api/orders'
import { countdownText, secondsLeft } from '@/shared/countdown'
import { cx } from '@/shared/cx'
import { useServerTime } from '@/shared/ticker'
import { m } from '@/strings/money'
import { Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { codeQuery, drawingOf, spelled, type HandoverCode } from './handover'
import { useWakeLock } from './useWakeLock'

/** The buyer's code, big and bright: shown only when the thing is in their hands. */
export function ShowCode({ order }: { order: Order }) {
  const { data, error, refetch, isFetching } = useQuery(codeQuery(order.id))
  useWakeLock(true)
  return (
    <section aria-labelledby="code-title" className="grid grid-cols-1 gap-5">
      <div className="grid gap-1.5">
        <h2 id="code-title" className="text-xl font-bold">
          {m('code.title', { name: order.seller.display_name })}
        </h2>
        <p className="text-ink-2">{m('code.lead')}</p>
      </div>
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : data ? (
        <Code shown={data} isFetching={isFetching} renew={() => void refetch()} />
      ) : (
        <Skeleton className="mx-auto aspect-square w-full max-w-96 rounded-3xl" />
      )}
    </section>
  )
}

function Code({ shown, isFetching, renew }: { shown: HandoverCode; isFetching: boolean; renew: () => void }) {
  const drawing = useMemo(() => drawingOf(shown.svg), [shown.svg])
  const expiresAtMs = Date.parse(shown.expires_at)
  const seconds = useServerTime(now => secondsLeft(expiresAtMs, now))
  const isOver = seconds === 0
  return (
    // White in the dark too: a camera reads black on white, and light helps it.
    <div className="grid justify-items-center gap-5 rounded-3xl bg-white p-6 text-[#1d1916] shadow-card sm:p-8">
      <div className="relative grid w-full max-w-96 place-items-center">
        {drawing && (
          <svg
            role="img"
            aria-label={m('code.picture')}
            viewBox={`0 0 ${String(drawing.size)} ${String(drawing.size)}`}
            shapeRendering="crispEdges"
            className={cx('aspect-square w-full transition-opacity', isOver && 'opacity-10')}
          >
            <path d={drawing.path} stroke="#000" fill="none" />
          </svg>
        )}
        {isOver && (
          <div className="absolute inset-0 grid place-content-center justify-items-center gap-3 text-center">
            <p className="font-bold">{m('code.over')}</p>
            {/* On white in either appearance. */}
            <Button busy={isFetching} className="bg-[#c8371f]! text-white!" onClick={renew}>
              <RotateCcw aria-hidden="true" className="size-5" />
              {m('code.renew')}
            </Button>
          </div>
        )}
      </div>
      <div className={cx('grid w-full justify-items-center gap-1 text-center', isOver && 'opacity-30')}>
        <p className="text-sm text-[#5a5249]">{m('code.readOut')}</p>
        <p className="figures font-mono text-2xl font-bold tracking-wide break-all select-all sm:text-3xl">
          {spelled(shown.code)}
        </p>
      </div>
      {!isOver && (
        <p className="figures text-sm text-[#5a5249]">{m('code.valid', { time: countdownText(seconds) })}</p>
      )}
    </div>
  )
}
