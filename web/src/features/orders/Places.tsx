import { useQuery } from '@tanstack/react-query'
import { LocateFixed } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { Order } from '@/api/orders'
import { useMoneyMove } from '@/api/useMoneyMove'
import { cx } from '@/shared/cx'
import { serverClock } from '@/shared/serverClock'
import { m } from '@/strings/money'
import { Badge, EmptyState, Notice, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure, wordsFor } from '@/ui/Failure'
import { Field } from '@/ui/Field'
import { toast } from '@/ui/toasts'
import { distanceText, hoursOn, onMap, proposeMeeting, zonesQuery, type Point, type SafeZone } from './zones'
import { ZoneMap } from './ZoneMap'

const FIND_TIMEOUT_MS = 15_000
const TWO_HOURS_MS = 7_200_000

/** Where to meet: places with people about and hours, nearest first, and when. */
export function Places({ order }: { order: Order }) {
  const [near, setNear] = useState<Point | null>(null)
  const [finding, setFinding] = useState<'no' | 'yes' | 'failed'>('no')
  const [chosen, setChosen] = useState<string | null>(order.meeting?.safe_zone.id ?? null)
  const top = useRef<HTMLElement>(null)
  useEffect(() => {
    if (location.hash === '#places') top.current?.scrollIntoView()
  }, [])
  const found = useQuery(zonesQuery(near))
  const find = () => {
    setFinding('yes')
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setNear({ lat: coords.latitude, lng: coords.longitude })
        setFinding('no')
      },
      () => setFinding('failed'),
      { timeout: FIND_TIMEOUT_MS, maximumAge: 300_000 },
    )
  }
  const mapped = onMap(found.data ?? [], near)
  const zone = found.data?.find(one => one.id === chosen)
  return (
    <section
      ref={top}
      id="places"
      aria-labelledby="places-title"
      className="grid scroll-mt-24 grid-cols-1 gap-5"
    >
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="grid gap-1.5">
          <h2 id="places-title" className="text-xl font-bold">
            {m('places.title')}
          </h2>
          <p className="text-ink-2">{m('places.lead')}</p>
        </div>
        <Button look="plain" size="small" busy={finding === 'yes'} onClick={find}>
          <LocateFixed aria-hidden="true" className="size-4" />
          {m('places.near')}
        </Button>
      </div>
      {finding === 'failed' && <Notice tone="neutral">{m('places.notFound')}</Notice>}
      {found.isPending && <Skeleton className="h-96 rounded-2xl" />}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && <EmptyState title={m('places.none')}>{m('places.noneLead')}</EmptyState>}
      {found.data && found.data.length > 0 && (
        <>
          {mapped.length > 0 ? (
            <ZoneMap zones={mapped} near={near} chosen={chosen} onChoose={setChosen} />
          ) : (
            near === null && <Notice tone="neutral">{m('places.far')}</Notice>
          )}
          <fieldset className="grid grid-cols-1 gap-2">
            <legend className="sr-only">{m('places.title')}</legend>
            {found.data.map((one, index) => (
              <Place
                key={one.id}
                zone={one}
                number={index + 1}
                isChosen={one.id === chosen}
                onChoose={() => setChosen(one.id)}
              />
            ))}
          </fieldset>
          {zone && <When key={zone.id} order={order} zone={zone} />}
        </>
      )}
    </section>
  )
}

function Place({
  zone,
  number,
  isChosen,
  onChoose,
}: {
  zone: SafeZone
  number: number
  isChosen: boolean
  onChoose: () => void
}) {
  const today = hoursOn(zone, new Date(serverClock.now())).join(', ')
  return (
    <label
      className={cx(
        'flex cursor-pointer items-center gap-4 rounded-2xl border p-3.5 transition has-focus-visible:outline-2 has-focus-visible:outline-accent',
        isChosen ? 'border-accent bg-accent-soft' : 'border-line bg-raised hover:border-line-strong',
      )}
    >
      <input type="radio" name="zone" checked={isChosen} onChange={onChoose} className="sr-only" />
      <span
        aria-hidden="true"
        className={cx(
          'figures grid size-9 shrink-0 place-items-center rounded-full font-bold',
          isChosen ? 'bg-accent text-on-accent' : 'bg-sunken',
        )}
      >
        {number}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block font-semibold">{zone.name}</span>
        <span className="block text-sm text-ink-2">{zone.address}</span>
        <span className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
          <Badge tone={zone.open_now ? 'good' : 'neutral'}>
            {m(zone.open_now ? 'places.open' : 'places.closed')}
          </Badge>
          <span className="figures text-ink-2">
            {today ? m('places.today', { hours: today }) : m('places.notToday')}
          </span>
        </span>
      </span>
      {zone.distance_meters !== null && (
        <span className="figures shrink-0 text-sm font-semibold">{distanceText(zone.distance_meters)}</span>
      )}
    </label>
  )
}

/** `2026-11-25T18:30`, in the person's own time zone, as the field wants it. */
function localText(atMs: number): string {
  const at = new Date(atMs)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}

function When({ order, zone }: { order: Order; zone: SafeZone }) {
  const [at, setAt] = useState(() =>
    order.meeting?.safe_zone.id === zone.id ? localText(Date.parse(order.meeting.at)) : '',
  )
  const proposing = useMoneyMove<{ safe_zone_id: string; at: string }, unknown>(
    body => proposeMeeting(order.id, body),
    () => toast(m('done.meeting'), 'good'),
  )
  const moment = at === '' ? null : new Date(at)
  const isPast = moment !== null && moment.getTime() <= serverClock.now()
  const hours = moment ? hoursOn(zone, moment).join(', ') : ''
  return (
    <form
      className="grid gap-4 rounded-2xl border border-line bg-raised p-4 sm:p-5"
      onSubmit={event => {
        event.preventDefault()
        if (moment && !isPast) proposing.mutate({ safe_zone_id: zone.id, at: moment.toISOString() })
      }}
    >
      <p className="font-semibold">{zone.name}</p>
      <Field
        type="datetime-local"
        label={m('places.when')}
        hint={
          moment === null
            ? m('places.whenHint')
            : hours
              ? m('places.hours', { hours })
              : m('places.closedThen')
        }
        error={isPast ? m('places.past') : null}
        min={localText(serverClock.now())}
        value={at}
        onChange={event => setAt(event.target.value)}
        onFocus={() => {
          if (at === '') setAt(localText(serverClock.now() + TWO_HOURS_MS))
        }}
      />
      {proposing.isError && <Notice tone="bad">{wordsFor(proposing.error)}</Notice>}
      <Button
        type="submit"
        busy={proposing.isPending}
        disabled={moment === null || isPast}
        className="justify-self-start"
      >
        {m(order.meeting ? 'places.change' : 'places.propose')}
      </Button>
    </form>
  )
}
