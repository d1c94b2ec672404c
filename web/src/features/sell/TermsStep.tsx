import { cx } from '@/shared/cx'
import { durationChoices } from '@/shared/durations'
import { market } from '@/shared/market'
import { t } from '@/strings/t'
import { Field, MoneyField, Select } from '@/ui/Field'
import type { Draft, Faults } from './draft'
import { FeeLines } from './FeeLines'

interface Props {
  draft: Draft
  change: (changes: Partial<Draft>) => void
  faults: Faults
}

const KINDS = [
  ['auction', t('sell.byAuction'), t('sell.byAuctionLead')],
  ['fixed', t('sell.byPrice'), t('sell.byPriceLead')],
] as const

/** How it is sold: by auction with its terms, or at a price. */
export function TermsStep({ draft, change, faults }: Props) {
  const expected = draft.kind === 'fixed' ? draft.price : (draft.reservePrice ?? draft.startingPrice)
  return (
    <div className="grid gap-6">
      <fieldset>
        <legend className="mb-3 text-sm font-semibold">{t('sell.saleKind')}</legend>
        <div className="grid grid-cols-2 gap-3">
          {KINDS.map(([kind, name, lead]) => (
            <label
              key={kind}
              className={cx(
                'grid cursor-pointer gap-1 rounded-2xl border-2 p-4 transition has-focus-visible:outline-2 has-focus-visible:outline-accent',
                draft.kind === kind
                  ? 'border-accent bg-accent-soft'
                  : 'border-line bg-raised hover:border-line-strong',
              )}
            >
              <input
                type="radio"
                name="kind"
                value={kind}
                checked={draft.kind === kind}
                onChange={() => change({ kind })}
                className="sr-only"
              />
              <span className="font-bold">{name}</span>
              <span className="text-sm text-ink-2">{lead}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {draft.kind === 'fixed' ? (
        <MoneyField
          label={t('sell.price')}
          currency={draft.currency}
          value={draft.price}
          onChange={price => change({ price })}
          error={faults.price}
          big
        />
      ) : (
        <>
          <MoneyField
            label={t('sell.startingPrice')}
            hint={t('sell.startingPriceHint')}
            currency={draft.currency}
            value={draft.startingPrice}
            onChange={startingPrice => change({ startingPrice })}
            error={faults.starting_price}
            big
          />
          <div className="grid gap-6 sm:grid-cols-2">
            <MoneyField
              label={`${t('sell.reserve')} (${t('sell.optional')})`}
              hint={t('sell.reserveHint')}
              currency={draft.currency}
              value={draft.reservePrice}
              onChange={reservePrice => change({ reservePrice })}
              error={faults.reserve_price}
            />
            <MoneyField
              label={`${t('sell.buyNow')} (${t('sell.optional')})`}
              hint={t('sell.buyNowHint')}
              currency={draft.currency}
              value={draft.buyNowPrice}
              onChange={buyNowPrice => change({ buyNowPrice })}
              error={faults.buy_now_price}
            />
            <Select
              label={t('sell.duration')}
              value={String(draft.durationSeconds)}
              onChange={event => change({ durationSeconds: Number(event.target.value) })}
              options={durationChoices(
                market.minAuctionSeconds,
                market.maxAuctionDays,
                draft.durationSeconds,
              )}
              error={faults.duration_seconds}
            />
            <Select
              label={t('sell.award')}
              value={draft.award}
              onChange={event => change({ award: event.target.value as Draft['award'] })}
              options={[
                ['automatic', t('sell.awardAuto')],
                ['seller_decides', t('sell.awardDecide')],
              ]}
            />
            <Field
              type="datetime-local"
              label={`${t('sell.startTime')} (${t('sell.optional')})`}
              hint={t('sell.startHint')}
              value={draft.startsAt}
              onChange={event => change({ startsAt: event.target.value })}
              error={faults.starts_at}
            />
          </div>
        </>
      )}
      {expected !== null && expected > 0 && <FeeLines amount={expected} currency={draft.currency} />}
    </div>
  )
}
