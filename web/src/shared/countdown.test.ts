import { describe, expect, it } from 'vitest'
import { countdownText, secondsLeft, urgency } from './countdown'

describe('the time left', () => {
  it('shows a second until it is over, and zero only at the end', () => {
    expect(secondsLeft(10_000, 0)).toBe(10)
    expect(secondsLeft(10_000, 1)).toBe(10)
    expect(secondsLeft(10_000, 1_000)).toBe(9)
    expect(secondsLeft(10_000, 9_999)).toBe(1)
    expect(secondsLeft(10_000, 10_000)).toBe(0)
    expect(secondsLeft(10_000, 99_000)).toBe(0)
  })

  it.each([
    [0, '0:00'],
    [9, '0:09'],
    [134, '2:14'],
    [3_599, '59:59'],
    [3_600, '1h 00m'],
    [15_120, '4h 12m'],
    [86_400, '1d 0h'],
    [187_200, '2d 4h'],
  ])('%i seconds are %s', (seconds, text) => {
    expect(countdownText(seconds)).toBe(text)
  })

  it('presses more towards the end', () => {
    expect([61_000, 60_000, 10_000, 1, 0, -5].map(left => urgency(left, 0))).toEqual([
      'calm',
      'soon',
      'last',
      'last',
      'over',
      'over',
    ])
  })
})
