import { describe, expect, it } from 'vitest'
import { currencySign, decimalText, formatMoney, minorDigits, moneyParts, parseMoney } from './money'

describe('money is shown', () => {
  it('with cents only when there are any', () => {
    expect(formatMoney(42000, 'USD')).toBe('$420')
    expect(formatMoney(42050, 'USD')).toBe('$420.50')
  })

  it('by the minor digits of its currency', () => {
    expect([minorDigits('USD'), minorDigits('JPY'), minorDigits('KWD')]).toEqual([2, 0, 3])
    expect(formatMoney(1500, 'JPY')).toBe('¥1,500')
    expect(decimalText(1500, 'KWD')).toBe('1.500')
  })

  it('exactly, beyond what a float of major units could hold', () => {
    expect(decimalText(900719925474099, 'USD')).toBe('9007199254740.99')
    expect(formatMoney(900719925474099, 'USD')).toBe('$9,007,199,254,740.99')
  })

  it('below one unit and below zero', () => {
    expect(decimalText(5, 'USD')).toBe('0.05')
    expect(decimalText(-5, 'USD')).toBe('-0.05')
  })

  it('in parts that together are the same text', () => {
    expect(moneyParts(123450, 'USD')).toEqual({ before: '$', whole: '1,234', fraction: '.50', after: '' })
    expect(currencySign('EUR')).toBe('€')
  })
})

describe('what a person types is read', () => {
  it.each([
    ['420', 42000],
    ['420.5', 42050],
    ['$1,234.50', 123450],
    ['1 234,50', 123450],
    ['€ 1.234', 123400],
    ['1,234,567', 123456700],
    ['0,05', 5],
    ['.5', 50],
  ])('%s', (typed, amount) => {
    expect(parseMoney(typed, 'USD')).toBe(amount)
  })

  it.each(['', 'abc', '-5', '1.2.3', '12,34,56', '1.2345', '99999999999999999'])('%j is no amount', typed => {
    expect(parseMoney(typed, 'USD')).toBeNull()
  })

  it('without decimals where the currency has none', () => {
    expect(parseMoney('1,500', 'JPY')).toBe(1500)
    expect(parseMoney('15.5', 'JPY')).toBeNull()
  })

  it('back to what was shown', () => {
    for (const amount of [1, 99, 100, 12345, 100000, 123456789])
      expect(parseMoney(formatMoney(amount, 'USD'), 'USD')).toBe(amount)
  })
})
