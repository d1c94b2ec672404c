import type { components } from '@/api/schema'
import type { Category, Listing } from '@/api/types'
import { newKey } from '@/api/key'
import { market } from '@/shared/market'
import { t } from '@/strings/t'

type CreateListing = components['schemas']['CreateListing']
type CreateAuction = components['schemas']['CreateAuction']

const DAY_SECONDS = 86_400
const KEPT = 'outcry.draft'

export interface DraftPicture {
  id: string
  url: string
}

/** A listing on its way, as it is kept on this device. Amounts in minor units of `currency`. */
export interface Draft {
  /** The Idempotency-Key under which the listing is made, so that a lost answer makes no second one. */
  key: string
  listingId: string | null
  /** Published already: only its words and pictures change. */
  isPublished: boolean
  currency: string
  title: string
  description: string
  category: string
  condition: CreateListing['condition']
  fulfilment: CreateListing['fulfilment']
  attributes: Record<string, string>
  pictures: DraftPicture[]
  kind: 'auction' | 'fixed'
  price: number | null
  startingPrice: number | null
  reservePrice: number | null
  buyNowPrice: number | null
  durationSeconds: number
  /** Local date and time as `<input type="datetime-local">` has it; empty to go live by hand. */
  startsAt: string
  award: 'automatic' | 'seller_decides'
}

export function emptyDraft(): Draft {
  return {
    key: newKey(),
    listingId: null,
    isPublished: false,
    currency: market.currency,
    title: '',
    description: '',
    category: '',
    condition: 'used',
    fulfilment: ['shipping'],
    attributes: {},
    pictures: [],
    kind: 'auction',
    price: null,
    startingPrice: null,
    reservePrice: null,
    buyNowPrice: null,
    durationSeconds: Math.min(3 * DAY_SECONDS, market.maxAuctionDays * DAY_SECONDS),
    startsAt: '',
    award: 'automatic',
  }
}

/** A listing of the server as a draft to work on. */
export function draftOf(listing: Listing): Draft {
  return {
    ...emptyDraft(),
    listingId: listing.id,
    isPublished: listing.status !== 'draft',
    currency: listing.currency,
    title: listing.title,
    description: listing.description,
    category: listing.category,
    condition: listing.condition as Draft['condition'],
    fulfilment: listing.fulfilment as Draft['fulfilment'],
    attributes: Object.fromEntries(
      Object.entries(listing.attributes).map(([name, value]) => [name, String(value)]),
    ),
    pictures: listing.media.map(medium => ({ id: medium.id, url: medium.variants[0]?.url ?? '' })),
    kind: listing.sale_type === 'fixed' ? 'fixed' : 'auction',
    price: listing.price,
  }
}

/** Where drafts are kept: one for a new listing, one for each that is edited. */
export const placeOf = (listingId: string | null) => (listingId === null ? KEPT : `${KEPT}.${listingId}`)

export function readDraft(place: string): Draft | null {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? 'null') as Partial<Draft> | null
    // A draft of an older version of this page has what it had; the rest is as in a new one.
    return kept && typeof kept.key === 'string' ? { ...emptyDraft(), ...kept } : null
  } catch {
    return null
  }
}

export function keepDraft(place: string, draft: Draft): void {
  try {
    localStorage.setItem(place, JSON.stringify(draft))
  } catch {
    // No room, or a private window: the draft lives as long as the page.
  }
}

export function dropDraft(place: string): void {
  try {
    localStorage.removeItem(place)
  } catch {
    // Nothing was kept.
  }
}

export interface AttributeField {
  name: string
  label: string
  isRequired: boolean
  kind: 'text' | 'number' | 'choice'
  choices: string[]
}

interface Schema {
  properties?: Record<string, { type?: string; enum?: string[]; title?: string }>
  required?: string[]
}

/** The fields that a category asks for. */
export function attributeFields(category: Category | undefined): AttributeField[] {
  const schema = (category?.attribute_schema ?? {}) as Schema
  return Object.entries(schema.properties ?? {}).map(([name, rule]) => ({
    name,
    label:
      rule.title ??
      name.replaceAll('_', ' ').replace(/ (km|cm|m2)$/, unit => ` (${unit.trim().replace('m2', 'm²')})`),
    isRequired: schema.required?.includes(name) === true,
    kind: rule.enum ? 'choice' : rule.type === 'integer' || rule.type === 'number' ? 'number' : 'text',
    choices: rule.enum ?? [],
  }))
}

export type Faults = Readonly<Record<string, string>>

/** What is missing in the first step, by field. */
export function whatFaults(draft: Draft, fields: AttributeField[]): Faults {
  const faults: Record<string, string> = {}
  if (!draft.category) faults.category = t('sell.needed')
  if (!draft.title.trim()) faults.title = t('sell.needed')
  if (!draft.description.trim()) faults.description = t('sell.needed')
  if (draft.fulfilment.length === 0) faults.fulfilment = t('sell.chooseHandover')
  for (const field of fields)
    if (field.isRequired && !draft.attributes[field.name]?.trim())
      faults[`attributes/${field.name}`] = t('sell.needed')
  return faults
}

/** What is missing or contradictory in the terms, by field: the server's rules, said before it is asked. */
export function termFaults(draft: Draft, nowMs: number): Faults {
  const faults: Record<string, string> = {}
  if (draft.kind === 'fixed') {
    if (!draft.price) faults.price = t('sell.needed')
    return faults
  }
  const { startingPrice: start, reservePrice: reserve, buyNowPrice: buyNow } = draft
  if (!start) faults.starting_price = t('sell.needed')
  if (start && reserve !== null && reserve < start) faults.reserve_price = t('sell.reserveLow')
  if (start && buyNow !== null && buyNow <= start) faults.buy_now_price = t('sell.buyNowLow')
  else if (buyNow !== null && reserve !== null && buyNow < reserve)
    faults.buy_now_price = t('sell.buyNowBelowReserve')
  if (draft.startsAt && !(Date.parse(draft.startsAt) > nowMs)) faults.starts_at = t('sell.startPast')
  return faults
}

/** The listing to save. Attributes of the wrong kind go as they were typed, so that the server names them. */
export function listingBody(draft: Draft, fields: AttributeField[]): CreateListing {
  const attributes: Record<string, unknown> = {}
  for (const field of fields) {
    const typed = draft.attributes[field.name]?.trim()
    if (!typed) continue
    const number = Number(typed.replace(',', '.'))
    attributes[field.name] = field.kind === 'number' && Number.isFinite(number) ? number : typed
  }
  return {
    title: draft.title.trim(),
    description: draft.description.trim(),
    category: draft.category,
    condition: draft.condition,
    sale_type: draft.kind,
    fulfilment: draft.fulfilment,
    currency: draft.currency,
    price: draft.kind === 'fixed' ? draft.price : null,
    attributes: attributes as never,
  }
}

/** The auction to make of it. */
export function auctionBody(draft: Draft, listingId: string): CreateAuction {
  return {
    listing_id: listingId,
    starting_price: draft.startingPrice ?? 0,
    reserve_price: draft.reservePrice,
    buy_now_price: draft.buyNowPrice,
    duration_seconds: draft.durationSeconds,
    starts_at: draft.startsAt ? new Date(draft.startsAt).toISOString() : null,
    award: draft.award,
  }
}
