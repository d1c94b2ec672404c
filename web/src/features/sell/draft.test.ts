import { beforeEach, describe, expect, test } from 'vitest'
import type { Category } from '@/api/types'
import {
  attributeFields,
  auctionBody,
  emptyDraft,
  keepDraft,
  listingBody,
  placeOf,
  readDraft,
  termFaults,
  whatFaults,
} from './draft'

const car = {
  slug: 'car',
  name: 'Cars',
  parent: null,
  children: [],
  attribute_schema: {
    required: ['make'],
    properties: { make: { type: 'string' }, year: { type: 'integer' }, fuel: { enum: ['petrol', 'diesel'] } },
  },
} as unknown as Category

describe('a category says what is asked', () => {
  const fields = attributeFields(car)

  test('with its kinds and what it must have', () => {
    expect(fields.map(field => [field.name, field.kind, field.isRequired])).toEqual([
      ['make', 'text', true],
      ['year', 'number', false],
      ['fuel', 'choice', false],
    ])
  })

  test('and what is missing is named by field', () => {
    const faults = whatFaults({ ...emptyDraft(), category: 'car', title: 'A car', description: '  ' }, fields)
    expect(Object.keys(faults)).toEqual(['description', 'attributes/make'])
  })

  test('numbers go as numbers, nothing empty goes, and nonsense goes as it was typed', () => {
    const draft = { ...emptyDraft(), attributes: { make: ' Saab ', year: '1989', fuel: '' } }
    expect(listingBody(draft, fields).attributes).toEqual({ make: 'Saab', year: 1989 })
    expect(listingBody({ ...draft, attributes: { year: 'old' } }, fields).attributes).toEqual({ year: 'old' })
  })
})

describe('terms', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const draft = { ...emptyDraft(), startingPrice: 10_000 }

  test('that contradict each other are named', () => {
    expect(termFaults(draft, now)).toEqual({})
    expect(Object.keys(termFaults({ ...draft, reservePrice: 9_999 }, now))).toEqual(['reserve_price'])
    expect(Object.keys(termFaults({ ...draft, buyNowPrice: 10_000 }, now))).toEqual(['buy_now_price'])
    expect(Object.keys(termFaults({ ...draft, reservePrice: 20_000, buyNowPrice: 15_000 }, now))).toEqual([
      'buy_now_price',
    ])
    expect(Object.keys(termFaults({ ...draft, startsAt: '2026-11-20T12:00' }, now))).toEqual(['starts_at'])
    expect(Object.keys(termFaults({ ...draft, startingPrice: null }, now))).toEqual(['starting_price'])
  })

  test('of a fixed price need a price alone', () => {
    expect(Object.keys(termFaults({ ...emptyDraft(), kind: 'fixed' }, now))).toEqual(['price'])
  })

  test('without a start wait for the seller', () => {
    expect(auctionBody(draft, 'x')).toMatchObject({
      listing_id: 'x',
      starting_price: 10_000,
      starts_at: null,
    })
  })
})

describe('a draft is kept on the device', () => {
  beforeEach(() => localStorage.clear())

  test('and comes back as it was', () => {
    const draft = { ...emptyDraft(), title: 'A lamp' }
    keepDraft(placeOf(null), draft)
    expect(readDraft(placeOf(null))).toEqual(draft)
    expect(readDraft(placeOf('other'))).toBeNull()
  })

  test('an unreadable one is none', () => {
    localStorage.setItem(placeOf(null), '{')
    expect(readDraft(placeOf(null))).toBeNull()
  })
})
