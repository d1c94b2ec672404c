import { expect, test } from 'vitest'
import { feesOf, readMarket } from './market'

test('a hundred gives six and the escrow fee to the market', () => {
  expect(feesOf(10_000, readMarket('{}'))).toEqual({ fee: 799, net: 9_201 })
})

test('half a cent of commission goes to the even one', () => {
  const rules = readMarket('{"commissionBasisPoints": 500, "escrowFeeMinor": 0}')
  expect(feesOf(10, rules).fee).toBe(0)
  expect(feesOf(30, rules).fee).toBe(2)
  expect(feesOf(31, rules).fee).toBe(2)
})

test('a page that says nothing, or nonsense, leaves the usual rules', () => {
  expect(readMarket(null).currency).toBe('USD')
  expect(readMarket('{').currency).toBe('USD')
  expect(readMarket('{"currency": "KZT"}').currency).toBe('KZT')
})
