import { Star } from 'lucide-react'
import { useState } from 'react'
import { api } from '@/api/client'
import type { Order, Party, Rating } from '@/api/orders'
import { useMoneyMove } from '@/api/useMoneyMove'
import { cx } from '@/shared/cx'
import { m } from '@/strings/money'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { wordsFor } from '@/ui/Failure'
import { TextField } from '@/ui/Field'
import { Stars } from '@/ui/Rating'
import { toast } from '@/ui/toasts'

const STARS = [1, 2, 3, 4, 5] as const
const WORDS = ['rating.one', 'rating.two', 'rating.three', 'rating.four', 'rating.five'] as const

/** What both think of each other; nobody sees the other's word before both have given theirs. */
export function RatingCard({ order, party }: { order: Order; party: Party }) {
  const mine = order.rating.mine
  const theirs = order.rating.theirs
  const other = party === 'buyer' ? order.seller.display_name : order.buyer.display_name
  const may = order.may.includes('rate')
  if (!may && !mine && !theirs) return null
  return (
    <div id="rating" className="scroll-mt-24">
      <Card title={m('rating.title')}>
        {theirs && <Given rating={theirs} who={m('rating.theirs', { name: other })} />}
        {mine && <Given rating={mine} who={m('rating.mine')} />}
        {mine && !theirs && <p className="text-sm text-ink-3">{m('rating.waiting', { name: other })}</p>}
        {may && !mine && <Rate order={order} other={other} />}
      </Card>
    </div>
  )
}

function Given({ rating, who }: { rating: Rating; who: string }) {
  return (
    <div className="grid gap-1.5">
      <p className="text-sm text-ink-3">{who}</p>
      <Stars stars={rating.stars} label={m('rating.stars', { n: rating.stars })} />
      {rating.comment && <p className="whitespace-pre-line text-ink-2">{rating.comment}</p>}
    </div>
  )
}

function Rate({ order, other }: { order: Order; other: string }) {
  const [stars, setStars] = useState(0)
  const [comment, setComment] = useState('')
  const rating = useMoneyMove<{ stars: number; comment: string }, unknown>(
    (body, key) => api.post('/v1/orders/{order_id}/rating', { path: { order_id: order.id }, body, key }),
    () => toast(m('done.rated'), 'good'),
  )
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        if (stars > 0) rating.mutate({ stars, comment: comment.trim() })
      }}
    >
      <fieldset className="grid gap-2">
        <legend className="mb-2 text-sm font-semibold">{m('rating.how', { name: other })}</legend>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <div className="-ml-1.5 flex">
            {STARS.map(one => (
              <label
                key={one}
                className="grid size-12 cursor-pointer place-items-center rounded-full transition has-focus-visible:outline-2 has-focus-visible:outline-accent motion-safe:active:scale-90"
              >
                <input
                  type="radio"
                  name="stars"
                  value={one}
                  checked={stars === one}
                  onChange={() => setStars(one)}
                  className="sr-only"
                />
                <Star
                  aria-hidden="true"
                  className={cx(
                    'size-8 transition',
                    one <= stars ? 'fill-star text-star' : 'text-line-strong',
                  )}
                />
                <span className="sr-only">{m('rating.stars', { n: one })}</span>
              </label>
            ))}
          </div>
          <span aria-hidden="true" className="text-sm font-semibold text-ink-2">
            {stars > 0 && m(WORDS[stars - 1] ?? 'rating.five')}
          </span>
        </div>
      </fieldset>
      <TextField
        label={m('rating.comment')}
        hint={m('rating.blind')}
        value={comment}
        maxLength={1_000}
        onChange={event => setComment(event.target.value)}
      />
      {rating.isError && <Notice tone="bad">{wordsFor(rating.error)}</Notice>}
      <Button type="submit" className="justify-self-start" busy={rating.isPending} disabled={stars === 0}>
        {m('rating.send')}
      </Button>
    </form>
  )
}
