import { formatDateTime } from '@/shared/dates'
import { durationWords } from '@/shared/durations'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { Badge, Picture, Price } from '@/ui/bits'
import type { Draft } from './draft'

const CONDITIONS = {
  new: t('condition.new'),
  used: t('condition.used'),
  refurbished: t('condition.refurbished'),
}

/** As buyers will see it. */
export function ReviewStep({ draft }: { draft: Draft }) {
  const amount = draft.kind === 'fixed' ? draft.price : draft.startingPrice
  const money = (one: number) => formatMoney(one, draft.currency)
  const facts: [string, string][] =
    draft.kind === 'fixed'
      ? []
      : [
          [t('sell.duration'), durationWords(draft.durationSeconds)],
          [
            t('sell.start'),
            draft.startsAt ? formatDateTime(new Date(draft.startsAt).toISOString()) : t('sell.startNow'),
          ],
          [t('sell.award'), draft.award === 'automatic' ? t('sell.awardAuto') : t('sell.awardDecide')],
          ...(draft.reservePrice === null
            ? []
            : ([[t('sell.reserve'), money(draft.reservePrice)]] as [string, string][])),
          ...(draft.buyNowPrice === null
            ? []
            : ([[t('sell.buyNow'), money(draft.buyNowPrice)]] as [string, string][])),
        ]
  return (
    <div className="grid gap-4">
      <p className="text-sm font-semibold text-ink-3">{t('sell.preview')}</p>
      <div className="grid gap-5 overflow-hidden rounded-3xl border border-line bg-raised shadow-card sm:grid-cols-2">
        <Picture src={draft.pictures[0]?.url} alt={draft.title} className="aspect-4/3 sm:aspect-auto" />
        <div className="grid content-start gap-4 p-5 sm:pl-0">
          <span>
            <Badge>{CONDITIONS[draft.condition]}</Badge>
          </span>
          <h3 className="text-2xl font-bold">{draft.title}</h3>
          {amount !== null && (
            <div>
              <p className="text-sm text-ink-3">
                {draft.kind === 'fixed' ? t('listing.price') : t('price.startsAt')}
              </p>
              <Price amount={amount} currency={draft.currency} className="text-4xl" />
            </div>
          )}
          <p className="line-clamp-5 text-sm whitespace-pre-line text-ink-2">{draft.description}</p>
        </div>
      </div>
      {facts.length > 0 && (
        <dl className="grid grid-cols-2 gap-4 rounded-2xl bg-sunken p-5 text-sm sm:grid-cols-3">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt className="text-ink-3">{name}</dt>
              <dd className="font-semibold">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  )
}
