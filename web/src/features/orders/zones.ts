import { queryOptions } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { components } from '@/api/schema'
import { LOCALE } from '@/strings/t'

export type SafeZone = components['schemas']['SafeZoneView']
export interface Point {
  lat: number
  lng: number
}

const SHOWN = 12

/** Places to meet, the nearest to `near` first. */
export const zonesQuery = (near: Point | null) =>
  queryOptions({
    queryKey: ['safe-zones', near?.lat ?? null, near?.lng ?? null],
    queryFn: async () => {
      const where = near === null ? null : `${near.lat.toFixed(4)},${near.lng.toFixed(4)}`
      return (await api.get('/v1/safe-zones', { query: { near: where, limit: SHOWN } })).items as SafeZone[]
    },
    staleTime: 60_000,
  })

export const proposeMeeting = (orderId: string, body: { safe_zone_id: string; at: string }) =>
  api.put('/v1/orders/{order_id}/meeting', { path: { order_id: orderId }, body })

/** `420 m`, `1.3 km`, `14 km`. */
export function distanceText(meters: number): string {
  const unit = meters < 950 ? 'meter' : 'kilometer'
  const value = unit === 'meter' ? Math.round(meters / 10) * 10 : meters / 1_000
  const digits = unit === 'kilometer' && value < 10 ? 1 : 0
  return new Intl.NumberFormat(LOCALE, {
    style: 'unit',
    unit,
    maximumFractionDigits: digits,
  }).format(value)
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
/** The days of `Date.getDay` begin with Sunday. */
const SUNDAY_FIRST = 6

/** The hours of the weekday of `at` (the person's own), as `09:00–18:00`; empty when it is closed that day. */
export function hoursOn(zone: Pick<SafeZone, 'hours'>, at: Date): string[] {
  const day = DAYS[(at.getDay() + SUNDAY_FIRST) % DAYS.length]
  return zone.hours.filter(one => one.day === day).map(one => `${short(one.opens)}–${short(one.closes)}`)
}

const short = (time: string) => time.slice(0, 5)

/** Farther apart than this, places have no map in common that would help anybody. */
const MAP_METERS = 120_000

/** The places that stand on one map: all when they lie together, else those round `near`. Pure. */
export function onMap<Zone extends Point>(zones: readonly Zone[], near: Point | null): Zone[] {
  const middle = near ?? zones[0]
  if (!middle) return []
  const close = zones.filter(zone => metersBetween(zone, middle) <= MAP_METERS)
  return near !== null || close.length === zones.length ? close : []
}

/** On a flat earth, which is near enough for a town. */
function metersBetween(a: Point, b: Point): number {
  const east = (a.lng - b.lng) * Math.cos((b.lat * Math.PI) / 180)
  return Math.hypot(a.lat - b.lat, east) * METERS_A_DEGREE
}

const METERS_A_DEGREE = 111_320
const MARGIN = 0.14
/** So wide at least, in meters: one place alone is not drawn at the scale of a doorstep. */
const LEAST_METERS = 800

export interface Plan {
  /** Where a point stands, in 0..1 from the left and from the top. */
  place(point: Point): { x: number; y: number }
  /** How long the scale bar's round length is, in meters and as a part of the width. */
  bar: { meters: number; part: number }
}

/** A flat map round these points, true to scale as far as a town goes; `ratio` is width to height. Pure. */
export function planOf(points: readonly Point[], ratio: number): Plan {
  const lats = points.map(one => one.lat)
  const lngs = points.map(one => one.lng)
  const middle = { lat: (min(lats) + max(lats)) / 2, lng: (min(lngs) + max(lngs)) / 2 }
  const metersALng = METERS_A_DEGREE * Math.max(Math.cos((middle.lat * Math.PI) / 180), 0.01)
  const wide = (max(lngs) - min(lngs)) * metersALng
  const high = (max(lats) - min(lats)) * METERS_A_DEGREE
  const width = Math.max(wide, high * ratio, LEAST_METERS) / (1 - 2 * MARGIN)
  return {
    place: point => ({
      x: 0.5 + ((point.lng - middle.lng) * metersALng) / width,
      y: 0.5 - ((point.lat - middle.lat) * METERS_A_DEGREE * ratio) / width,
    }),
    bar: barOf(width),
  }
}

/** The longest of 1, 2, 5 times a power of ten that fits a quarter of the width. */
function barOf(width: number): Plan['bar'] {
  const most = width / 4
  const power = 10 ** Math.floor(Math.log10(most))
  const meters = [5, 2, 1].map(one => one * power).find(one => one <= most) ?? power
  return { meters, part: meters / width }
}

const min = (values: readonly number[]) => (values.length > 0 ? Math.min(...values) : 0)
const max = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : 0)
