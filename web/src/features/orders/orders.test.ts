import { describe, expect, test } from 'vitest'
import type { Order } from '@/api/orders'
import { codeIn, drawingOf, spelled } from './handover'
import { invoiceName } from './names'
import { firstAction, isUrgent, nextOf } from './next'
import { buyerLines, placeOfMoney, refundable, sellerLines } from './sums'
import { stepsOf } from '@/ui/orderSteps'
import { distanceText, hoursOn, onMap, planOf } from './zones'

const order: Order = {
  id: 'o1',
  listing_id: 'l1',
  auction_id: 'a1',
  buyer_id: 'ben',
  seller_id: 'ann',
  quantity: 1,
  amount: 10_000,
  fees: { commission: 600, escrow_fee: 199, buyer_premium: 500 },
  tax: 1_260,
  total: 11_760,
  seller_receives: 9_201,
  refunded_amount: 0,
  currency: 'USD',
  status: 'pending_payment',
  fulfilment: null,
  fulfilment_options: ['shipping', 'meetup'],
  pay_by: '2026-11-27T12:00:00.000Z',
  escrow_release_at: null,
  delivered_at: null,
  completed_at: null,
  cancelled_at: null,
  cancel_reason: null,
  created_at: '2026-11-25T12:00:00.000Z',
  listing: { title: 'Lamp', image_url: null },
  buyer: { id: 'ben', display_name: 'Ben' },
  seller: { id: 'ann', display_name: 'Ann' },
  payment: null,
  shipment: null,
  meeting: null,
  dispute: null,
  rating: { mine: null, theirs: null },
  invoice_number: null,
  timeline: [{ kind: 'ordered', at: '2026-11-25T12:00:00.000Z', by: 'system', amount: 11_760, note: null }],
  next: { who: 'buyer', action: 'pay', by: '2026-11-27T12:00:00.000Z' },
  may: ['pay'],
  server_time: '2026-11-25T12:00:00.000Z',
}
const at = (changes: Partial<Order>): Order => ({ ...order, ...changes })

describe('what happens next', () => {
  test('is the buyer’s move while it is not paid, with the time and what comes of missing it', () => {
    const next = nextOf(order, 'buyer')
    expect(next).toMatchObject({ isYours: true, title: 'Pay for it', by: order.pay_by })
    expect(next.otherwise).toMatch(/called off/)
    expect(nextOf(order, 'seller')).toMatchObject({ isYours: false, title: 'Waiting for Ben to pay' })
  })
  test('offers sending and meeting while both are open, and what the server asks for first', () => {
    const paid = at({
      status: 'in_escrow',
      next: { who: 'seller', action: 'ship', by: null },
      may: ['ship', 'scan_code', 'choose_place', 'refund'],
    })
    expect(nextOf(paid, 'seller').title).toBe('Send it, or meet')
    expect(firstAction(paid, 'seller')).toBe('ship')
    const meeting = at({ ...paid, fulfilment: 'meetup', may: ['scan_code', 'refund'] })
    expect(nextOf(meeting, 'seller').title).toBe('Meet Ben')
    const onlyMeeting = at({ ...paid, fulfilment_options: ['meetup'], may: ['show_code'] })
    expect(nextOf(onlyMeeting, 'buyer').title).toBe('Meet Ann')
    expect(firstAction(meeting, 'seller')).toBe('scan_code')
    const agreed = { agreed: true } as NonNullable<Order['meeting']>
    expect(nextOf({ ...meeting, meeting: agreed }, 'seller').lead).toMatch(/^Place and time are agreed/)
  })
  test('presses for nothing while staff decide', () => {
    const disputed = at({
      status: 'disputed',
      next: { who: 'staff', action: 'resolve', by: null },
      may: ['respond'],
    })
    expect(nextOf(disputed, 'buyer').title).toBe('Our staff are deciding')
    expect(firstAction(disputed, 'buyer')).toBeNull()
    expect(isUrgent(disputed, 'buyer')).toBe(false)
  })
  test('the seller’s answer is not pressed for at the buyer’s', () => {
    const disputed = at({
      status: 'disputed',
      next: { who: 'seller', action: 'respond', by: null },
      may: ['respond'],
    })
    expect(firstAction(disputed, 'seller')).toBe('respond')
    expect(firstAction(disputed, 'buyer')).toBeNull()
  })
  test('a rating is asked for, but is not urgent', () => {
    const done = at({ status: 'completed', next: { who: 'buyer', action: 'rate', by: null }, may: ['rate'] })
    expect(nextOf(done, 'buyer').title).toBe('How was Ann?')
    expect(isUrgent(done, 'buyer')).toBe(false)
  })
  test('has words for every state and both sides', () => {
    const states = [
      'pending_payment',
      'in_escrow',
      'shipped',
      'delivered',
      'disputed',
      'completed',
      'refunded',
      'cancelled',
    ]
    for (const status of states as Order['status'][])
      for (const party of ['buyer', 'seller'] as const)
        expect(nextOf(at({ status }), party).title).not.toBe('')
  })
})

describe('the timeline', () => {
  test('tells what was and what is to come', () => {
    const steps = stepsOf(order, 'buyer')
    expect(steps.map(step => step.at !== null)).toEqual([true, false, false, false])
    expect(steps[0]?.words).toBe('Auction won, order made')
    expect(steps.at(-1)?.words).toBe('The seller is paid')
  })
  test('keeps a kind it does not know, and shows only notes that people wrote', () => {
    const told = at({
      status: 'cancelled',
      timeline: [
        { kind: 'dispute_opened', at: order.created_at, by: 'buyer', amount: null, note: 'damaged' },
        { kind: 'new_thing', at: order.created_at, by: 'staff', amount: null, note: null },
        { kind: 'cancelled', at: order.created_at, by: 'seller', amount: null, note: 'It broke.' },
      ],
    })
    const met = { kind: 'meeting_proposed', at: order.created_at, by: 'buyer' as const, amount: null }
    const [meeting] = stepsOf(at({ timeline: [{ ...met, note: 'Café, 2026-11-26T16:00:00.000Z' }] }), null)
    expect(meeting?.note).toMatch(/^Café, \w{3}, /)
    expect(stepsOf(told, 'seller').map(step => [step.words, step.note])).toEqual([
      ['Ben opened a dispute', null],
      ['New thing', null],
      ['You cancelled the order', 'It broke.'],
    ])
  })
})

describe('the sums', () => {
  const sumOf = (lines: { amount: number; look?: string }[]) => ({
    parts: lines.filter(line => !line.look).reduce((all, line) => all + line.amount, 0),
    sum: lines.find(line => line.look === 'sum')?.amount,
  })
  test('add up for both sides', () => {
    expect(sumOf(buyerLines(order))).toEqual({ parts: 11_760, sum: 11_760 })
    expect(sumOf(sellerLines(order))).toEqual({ parts: 9_201, sum: 9_201 })
  })
  test('of the seller follow what went back', () => {
    const partly = at({ status: 'completed', refunded_amount: 5_880, seller_receives: 4_501 })
    expect(sumOf(sellerLines(partly))).toEqual({ parts: 4_501, sum: 4_501 })
    const all = at({ status: 'refunded', refunded_amount: 11_760, seller_receives: 0 })
    expect(sumOf(sellerLines(all))).toEqual({ parts: 0, sum: 0 })
    expect(sumOf(sellerLines(at({ status: 'cancelled', seller_receives: 0 })))).toEqual({ parts: 0, sum: 0 })
  })
  test('have no line for nothing', () => {
    const plain = at({ tax: 0, total: 10_000, fees: { ...order.fees, buyer_premium: 0 } })
    expect(buyerLines(plain)).toHaveLength(2)
  })
  test('say where the money is and what can go back', () => {
    expect(placeOfMoney(order)).toBe('buyer')
    expect(placeOfMoney(at({ status: 'disputed' }))).toBe('held')
    expect(placeOfMoney(at({ status: 'refunded' }))).toBe('back')
    expect(refundable(at({ refunded_amount: 11_000 }))).toBe(760)
  })
})

describe('the handover code', () => {
  test('is found in what a camera reads', () => {
    expect(codeIn(' XEJQB-B53R3 ')).toBe('XEJQB-B53R3')
    expect(codeIn('https://market.example/orders/o1/meet?code=XEJQB-B53R3')).toBe('XEJQB-B53R3')
    expect(spelled('XEJQB-B53R3')).toBe('XEJQB B53R3')
  })
  test('is drawn from the server’s path alone', () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><path fill="#fff" d="M0 0h29v29h-29z"/><path class="qrline" stroke="#000" d="M4 4.5h7"/></svg>'
    expect(drawingOf(svg)).toEqual({ size: 29, path: 'M4 4.5h7' })
    expect(drawingOf('<svg xmlns="http://www.w3.org/2000/svg"/>')).toBeNull()
  })
})

describe('places to meet', () => {
  const here = { lat: 40.75, lng: -73.98 }
  const near = { lat: 40.76, lng: -73.97 }
  const far = { lat: 51.5, lng: -0.1 }
  test('stand on one map only when they lie together', () => {
    expect(onMap([here, near], null)).toHaveLength(2)
    expect(onMap([here, far], null)).toEqual([])
    expect(onMap([here, far], near)).toEqual([here])
  })
  test('stand north up, inside the map, with a bar of a round length', () => {
    const plan = planOf([here, near], 1.6)
    const [a, b] = [plan.place(here), plan.place(near)]
    expect(b.y).toBeLessThan(a.y)
    expect(b.x).toBeGreaterThan(a.x)
    for (const value of [a.x, a.y, b.x, b.y]) expect(value > 0 && value < 1).toBe(true)
    expect([1, 2, 5]).toContain(plan.bar.meters / 10 ** Math.floor(Math.log10(plan.bar.meters)))
  })
  test('tell hours of a day and distances in words', () => {
    const hours = [{ day: 'wed' as const, opens: '09:00', closes: '18:00' }]
    expect(hoursOn({ hours }, new Date(2026, 10, 25))).toEqual(['09:00–18:00'])
    expect(hoursOn({ hours }, new Date(2026, 10, 26))).toEqual([])
    expect([distanceText(423), distanceText(1_300), distanceText(14_200)]).toEqual([
      '420 m',
      '1.3 km',
      '14 km',
    ])
  })
})

test('an invoice’s file has a name that every file system takes', () => {
  expect(invoiceName('KG/2026/000017')).toBe('invoice-KG-2026-000017.pdf')
})
