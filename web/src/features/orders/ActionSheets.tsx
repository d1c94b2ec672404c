import { useState, type ReactNode } from 'react'
import { api } from '@/api/client'
import type { Order } from '@/api/orders'
import type { components } from '@/api/schema'
import { useMoneyMove } from '@/api/useMoneyMove'
import { ApiError } from '@/api/problem'
import { formatExact } from '@/shared/amounts'
import { m } from '@/strings/money'
import { t } from '@/strings/t'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Field, MoneyField, Select, TextField } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'
import { Sheet } from '@/ui/Sheet'
import { toast } from '@/ui/toasts'
import { CARRIERS } from './carriers'
import type { Reason } from './disputes'
import { refundable } from './sums'

type Schemas = components['schemas']

interface Props {
  order: Order
  isOpen: boolean
  onClose: () => void
}

/** One step of the order: done once, told, the sheet closed. */
function useStep<Body>(
  act: (body: Body, key: string) => Promise<unknown>,
  done: string,
  onClose: () => void,
) {
  return useMoneyMove<Body, unknown>(act, () => {
    toast(done, 'good')
    onClose()
  })
}

/** What a field of the request broke, to stand under it. */
const faultOf = (error: unknown, field: string) =>
  error instanceof ApiError ? (error.fields.get(`/${field}`) ?? null) : null

function Refusal({ error }: { error: unknown }) {
  if (!error || (error instanceof ApiError && error.fields.size > 0)) return null
  return <Notice tone="bad">{wordsFor(error)}</Notice>
}

function Asking({
  children,
  words,
  error,
  isBusy,
  isReady = true,
  look,
  onSend,
}: {
  children: ReactNode
  words: string
  error: unknown
  isBusy: boolean
  isReady?: boolean
  look?: 'danger'
  onSend: () => void
}) {
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        if (isReady) onSend()
      }}
    >
      {children}
      <Refusal error={error} />
      <Button type="submit" size="large" wide look={look ?? 'primary'} busy={isBusy} disabled={!isReady}>
        {words}
      </Button>
    </form>
  )
}

/** The seller has sent it: by whom, and under which number. */
export function ShipSheet({ order, isOpen, onClose }: Props) {
  const shipping = useStep<Schemas['ShipOrder']>(
    (body, key) => api.post('/v1/orders/{order_id}/ship', { path: { order_id: order.id }, body, key }),
    m('done.shipped'),
    onClose,
  )
  const [carrier, setCarrier] = useState<string>(CARRIERS[0])
  const [other, setOther] = useState('')
  const [tracking, setTracking] = useState('')
  const name = carrier === '' ? other.trim() : carrier
  return (
    <Sheet title={m('ship.title')} isOpen={isOpen} onClose={onClose}>
      <Asking
        words={m('ship.send')}
        error={shipping.error}
        isBusy={shipping.isPending}
        isReady={name !== ''}
        onSend={() => shipping.mutate({ carrier: name, tracking: tracking.trim() || null })}
      >
        <p className="text-ink-2">{m('ship.lead', { name: order.buyer.display_name })}</p>
        <Select
          label={m('shipment.carrier')}
          value={carrier}
          onChange={event => setCarrier(event.target.value)}
          options={[...CARRIERS.map(one => [one, one] as const), ['', m('ship.other')]]}
          error={carrier === '' ? null : faultOf(shipping.error, 'carrier')}
        />
        {carrier === '' && (
          <Field
            label={m('ship.otherName')}
            value={other}
            maxLength={60}
            onChange={event => setOther(event.target.value)}
            error={faultOf(shipping.error, 'carrier')}
          />
        )}
        <Field
          label={`${m('shipment.tracking')} (${t('sell.optional')})`}
          hint={m('ship.trackingHint')}
          value={tracking}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={80}
          onChange={event => setTracking(event.target.value)}
          error={faultOf(shipping.error, 'tracking')}
        />
      </Asking>
    </Sheet>
  )
}

/** The buyer has it: from here on the money is the seller's. */
export function ConfirmSheet({ order, isOpen, onClose }: Props) {
  const confirming = useStep<undefined>(
    (_, key) => api.post('/v1/orders/{order_id}/confirm-delivery', { path: { order_id: order.id }, key }),
    m('done.confirmed'),
    onClose,
  )
  return (
    <Sheet title={m('confirm.title')} isOpen={isOpen} onClose={onClose}>
      <Asking
        words={m('confirm.send')}
        error={confirming.error}
        isBusy={confirming.isPending}
        onSend={() => confirming.mutate(undefined)}
      >
        <p className="text-ink-2">{m('confirm.lead', { name: order.seller.display_name })}</p>
        <Notice tone="warn">{m('confirm.warn')}</Notice>
      </Asking>
    </Sheet>
  )
}

/** Before it is paid, either side may step back. */
export function CancelSheet({ order, isOpen, onClose }: Props) {
  const cancelling = useStep<undefined>(
    (_, key) => api.post('/v1/orders/{order_id}/cancel', { path: { order_id: order.id }, body: {}, key }),
    m('done.cancelled'),
    onClose,
  )
  return (
    <Sheet title={m('cancel.title')} isOpen={isOpen} onClose={onClose}>
      <Asking
        words={m('cancel.send')}
        look="danger"
        error={cancelling.error}
        isBusy={cancelling.isPending}
        onSend={() => cancelling.mutate(undefined)}
      >
        <p className="text-ink-2">{m(order.auction_id === null ? 'cancel.lead' : 'cancel.leadAuction')}</p>
      </Asking>
    </Sheet>
  )
}

/** The seller gives money back: all of it, or a part. */
export function RefundSheet({ order, isOpen, onClose }: Props) {
  const refunding = useStep<Schemas['RefundOrder']>(
    (body, key) => api.post('/v1/orders/{order_id}/refund', { path: { order_id: order.id }, body, key }),
    m('done.refunded'),
    onClose,
  )
  const most = refundable(order)
  const [amount, setAmount] = useState<number | null>(most)
  const [reason, setReason] = useState('')
  const isTooMuch = amount !== null && amount > most
  const isReady = amount !== null && amount > 0 && !isTooMuch && reason.trim() !== ''
  return (
    <Sheet title={m('refund.title')} isOpen={isOpen} onClose={onClose}>
      <Asking
        words={
          amount === null || amount <= 0 || isTooMuch
            ? m('refund.enter')
            : m('refund.send', { amount: formatExact(amount, order.currency) })
        }
        error={refunding.error}
        isBusy={refunding.isPending}
        isReady={isReady}
        onSend={() => refunding.mutate({ amount, reason: reason.trim() })}
      >
        <p className="text-ink-2">{m('refund.lead', { name: order.buyer.display_name })}</p>
        <MoneyField
          label={m('refund.amount')}
          hint={m('refund.most', { amount: formatExact(most, order.currency) })}
          error={
            isTooMuch
              ? m('refund.most', { amount: formatExact(most, order.currency) })
              : faultOf(refunding.error, 'amount')
          }
          currency={order.currency}
          value={amount}
          onChange={setAmount}
          big
        />
        <TextField
          label={m('refund.reason')}
          hint={m('refund.reasonHint')}
          value={reason}
          maxLength={500}
          onChange={event => setReason(event.target.value)}
          error={faultOf(refunding.error, 'reason')}
        />
      </Asking>
    </Sheet>
  )
}

const REASONS = [
  ['not_received', m('dispute.notReceived')],
  ['not_as_described', m('dispute.notAsDescribed')],
  ['damaged', m('dispute.damaged')],
  ['wrong_item', m('dispute.wrongItem')],
  ['counterfeit', m('dispute.counterfeit')],
  ['other', m('dispute.other')],
] as const

/** Something is wrong: the money stays where it is until it is settled. */
export function DisputeSheet({ order, isOpen, onClose }: Props) {
  const disputing = useStep<Schemas['OpenDispute']>(
    (body, key) => api.post('/v1/orders/{order_id}/dispute', { path: { order_id: order.id }, body, key }),
    m('done.disputed'),
    onClose,
  )
  const [reason, setReason] = useState<Reason>(REASONS[0][0])
  const [details, setDetails] = useState('')
  return (
    <Sheet title={m('dispute.openTitle')} isOpen={isOpen} onClose={onClose}>
      <Asking
        words={m('dispute.open')}
        error={disputing.error}
        isBusy={disputing.isPending}
        isReady={details.trim() !== ''}
        onSend={() => disputing.mutate({ reason, details: details.trim() })}
      >
        <p className="text-ink-2">{m('dispute.openLead', { name: order.seller.display_name })}</p>
        <Select
          label={m('dispute.reason')}
          value={reason}
          onChange={event => setReason(event.target.value as Reason)}
          options={REASONS}
          error={faultOf(disputing.error, 'reason')}
        />
        <TextField
          label={m('dispute.details')}
          hint={m('dispute.detailsHint')}
          value={details}
          maxLength={4_000}
          onChange={event => setDetails(event.target.value)}
          error={faultOf(disputing.error, 'details')}
        />
      </Asking>
    </Sheet>
  )
}
