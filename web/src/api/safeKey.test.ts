import { describe, expect, test } from 'vitest'
import { ApiError, NO_CONNECTION } from './problem'
import { SafeKey } from './safeKey'

describe('the key of a question that moves money', () => {
  test('stays while nobody has answered', () => {
    const key = new SafeKey()
    const first = key.of({ amount: 5 })
    key.settle(new ApiError(NO_CONNECTION, 0))
    expect(key.of({ amount: 5 })).toBe(first)
  })
  test('is another for another question', () => {
    const key = new SafeKey()
    const first = key.of({ amount: 5 })
    expect(key.of({ amount: 6 })).not.toBe(first)
  })
  test('is another after an answer, a refusal too', () => {
    const key = new SafeKey()
    const first = key.of({ amount: 5 })
    key.settle(new ApiError('insufficient_funds', 402))
    const second = key.of({ amount: 5 })
    expect(second).not.toBe(first)
    key.settle(null)
    expect(key.of({ amount: 5 })).not.toBe(second)
  })
})
