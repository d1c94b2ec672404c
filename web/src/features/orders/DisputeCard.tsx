import { useQuery } from '@tanstack/react-query'
import { ImagePlus, X } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Order, OrderDispute, Party } from '@/api/orders'
import { ACCEPTED_TYPES, uploadPicture, type SentPicture } from '@/api/upload'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { m } from '@/strings/money'
import { Badge, Notice, Picture, Skeleton } from '@/ui/bits'
import { Button, IconButton } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Failure, wordsFor } from '@/ui/Failure'
import { TextField } from '@/ui/Field'
import { Sheet } from '@/ui/Sheet'
import { toast } from '@/ui/toasts'
import { addEvidence, disputeQuery, reasonWords, withdrawDispute, type Evidence } from './disputes'

const MAX_PICTURES = 6

/** The case: what is said to be wrong, what both have brought, and how it ended. */
export function DisputeCard({
  order,
  dispute,
  party,
}: {
  order: Order
  dispute: OrderDispute
  party: Party
}) {
  const found = useQuery(disputeQuery(order.id))
  const isOpen = order.status === 'disputed'
  return (
    <div id="dispute" className="scroll-mt-24">
      <Card
        title={m('dispute.title')}
        aside={
          <Badge tone={isOpen ? 'bad' : 'neutral'}>{m(isOpen ? 'dispute.isOpen' : 'dispute.isClosed')}</Badge>
        }
      >
        <div className="grid gap-1">
          <p className="font-semibold">{reasonWords(dispute.reason)}</p>
          <p className="whitespace-pre-line text-ink-2">{dispute.details}</p>
          <p className="text-sm text-ink-3">{formatDateTime(dispute.opened_at)}</p>
        </div>
        {dispute.refund_amount !== null && (
          <Notice tone="neutral">
            <span className="block">{endOf(dispute, order)}</span>
            {dispute.note && dispute.status !== 'charged_back' && (
              <span className="mt-1 block font-normal whitespace-pre-line">{dispute.note}</span>
            )}
          </Notice>
        )}
        {found.isPending && <Skeleton className="h-24 rounded-2xl" />}
        {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
        {found.data && found.data.evidence.length > 0 && (
          <ul className="grid grid-cols-1 gap-3 border-t border-line pt-4">
            {found.data.evidence.map(one => (
              <Piece key={one.id} one={one} order={order} party={party} />
            ))}
          </ul>
        )}
        {isOpen && <Bring order={order} disputeId={dispute.id} />}
        {isOpen && party === 'buyer' && <Withdraw disputeId={dispute.id} />}
      </Card>
    </div>
  )
}

function endOf({ status, refund_amount: refunded }: OrderDispute, order: Order): string {
  const amount = formatExact(refunded ?? 0, order.currency)
  if (status === 'charged_back') return m('dispute.endedByBank', { amount })
  return refunded === 0 ? m('dispute.endedRelease') : m('dispute.endedRefund', { amount })
}

/** The buyer is content after all: the order goes on where it was. */
function Withdraw({ disputeId }: { disputeId: string }) {
  const [isAsking, setAsking] = useState(false)
  const going = useMoneyMove<undefined, unknown>(
    (_, key) => withdrawDispute(disputeId, key),
    () => {
      setAsking(false)
      toast(m('done.disputeWithdrawn'), 'good')
    },
  )
  return (
    <div className="border-t border-line pt-3">
      <Button look="quiet" size="small" onClick={() => setAsking(true)}>
        {m('dispute.withdraw')}
      </Button>
      <Sheet title={m('dispute.withdrawTitle')} isOpen={isAsking} onClose={() => setAsking(false)}>
        <div className="grid gap-5">
          <p className="text-ink-2">{m('dispute.withdrawLead')}</p>
          {going.isError && <Notice tone="bad">{wordsFor(going.error)}</Notice>}
          <Button size="large" wide busy={going.isPending} onClick={() => going.mutate(undefined)}>
            {m('dispute.withdraw')}
          </Button>
        </div>
      </Sheet>
    </div>
  )
}

function Piece({ one, order, party }: { one: Evidence; order: Order; party: Party }) {
  const who =
    one.by === party
      ? m('by.you')
      : one.by === 'staff'
        ? m('by.staff')
        : one.by === 'buyer'
          ? order.buyer.display_name
          : order.seller.display_name
  return (
    <li className="grid gap-2 rounded-2xl bg-sunken p-4">
      <p className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span className="font-semibold">{who}</span>
        <time dateTime={one.at} className="text-ink-3">
          {formatDateTime(one.at)}
        </time>
      </p>
      {one.text && <p className="whitespace-pre-line text-ink-2">{one.text}</p>}
      {one.media.length > 0 && (
        <div className="grid grid-cols-3 gap-2 sm:grid-cols-4">
          {one.media.map((medium, index) => (
            <a key={medium.id} href={medium.url} target="_blank" rel="noreferrer">
              <Picture
                src={medium.thumb_url}
                alt={m('dispute.picture', { n: index + 1, who })}
                className="aspect-square rounded-xl"
              />
            </a>
          ))}
        </div>
      )}
    </li>
  )
}

/** Words and pictures for the case; kept for good once sent. */
function Bring({ order, disputeId }: { order: Order; disputeId: string }) {
  const [text, setText] = useState('')
  const [pictures, setPictures] = useState<SentPicture[]>([])
  const [sending, setSending] = useState(0)
  const [refusal, setRefusal] = useState<string | null>(null)
  const chooser = useRef<HTMLInputElement>(null)
  const bringing = useMoneyMove<{ text: string; media_ids: string[] }, unknown>(
    (body, key) => addEvidence(disputeId, body, key),
    () => {
      setText('')
      setPictures([])
      toast(m('done.evidence'), 'good')
    },
  )
  const add = async (files: File[]) => {
    setRefusal(null)
    for (const file of files.slice(0, MAX_PICTURES - pictures.length)) {
      setSending(count => count + 1)
      try {
        const sent = await uploadPicture(file, 'evidence')
        setPictures(before => [...before, sent])
      } catch (error) {
        setRefusal(`${file.name}: ${wordsFor(error)}`)
      } finally {
        setSending(count => count - 1)
      }
    }
  }
  return (
    <form
      className="grid gap-4 border-t border-line pt-4"
      onSubmit={event => {
        event.preventDefault()
        bringing.mutate({ text: text.trim(), media_ids: pictures.map(one => one.id) })
      }}
    >
      <TextField
        label={m('evidence.label')}
        hint={m('evidence.hint', { name: order.listing.title })}
        value={text}
        maxLength={4_000}
        onChange={event => setText(event.target.value)}
      />
      {(pictures.length > 0 || sending > 0) && (
        <div className="grid grid-cols-3 gap-2 sm:grid-cols-4">
          {pictures.map((picture, index) => (
            <div key={picture.id} className="relative">
              <Picture
                src={picture.url}
                alt={m('evidence.picture', { n: index + 1 })}
                className="aspect-square rounded-xl"
              />
              <IconButton
                label={m('evidence.remove', { n: index + 1 })}
                className="absolute top-1 right-1 size-9! bg-raised/95"
                onClick={() => setPictures(pictures.filter(one => one.id !== picture.id))}
              >
                <X aria-hidden="true" className="size-4" />
              </IconButton>
            </div>
          ))}
          {Array.from({ length: sending }, (_, index) => (
            <Skeleton key={index} className="aspect-square" />
          ))}
        </div>
      )}
      {refusal && <Notice tone="bad">{refusal}</Notice>}
      {bringing.isError && <Notice tone="bad">{wordsFor(bringing.error)}</Notice>}
      <div className="flex flex-wrap gap-2.5">
        <input
          ref={chooser}
          type="file"
          accept={ACCEPTED_TYPES}
          multiple
          className="sr-only"
          tabIndex={-1}
          aria-label={m('evidence.addPictures')}
          onChange={event => {
            const files = [...(event.target.files ?? [])]
            event.target.value = ''
            void add(files)
          }}
        />
        <Button
          look="plain"
          disabled={pictures.length + sending >= MAX_PICTURES}
          onClick={() => chooser.current?.click()}
        >
          <ImagePlus aria-hidden="true" className="size-5" />
          {m('evidence.addPictures')}
        </Button>
        <Button type="submit" busy={bringing.isPending} disabled={sending > 0 || text.trim() === ''}>
          {m('evidence.send')}
        </Button>
      </div>
    </form>
  )
}
