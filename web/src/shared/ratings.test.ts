import { expect, test } from 'vitest'
import { barsOf, oneDecimal } from './ratings'

test('an average has one decimal', () => {
  expect([5, 4.83, 4.25, 1].map(oneDecimal)).toEqual(['5.0', '4.8', '4.3', '1.0'])
})

test('five stars come first, and the longest bar is full', () => {
  expect(barsOf([1, 0, 0, 2, 4])).toEqual([
    { stars: 5, given: 4, part: 1 },
    { stars: 4, given: 2, part: 0.5 },
    { stars: 3, given: 0, part: 0 },
    { stars: 2, given: 0, part: 0 },
    { stars: 1, given: 1, part: 0.25 },
  ])
})

test('nobody has rated: no bar is drawn', () => {
  expect(barsOf([0, 0, 0, 0, 0]).every(bar => bar.part === 0)).toBe(true)
})
