// The field of 256 elements that QR codes reckon in: powers of 2 modulo x^8 + x^4 + x^3 + x^2 + 1.
const POLYNOMIAL = 0x11d
const power: number[] = []
const log: number[] = Array.from({ length: 256 }, () => 0)
for (let value = 1, i = 0; i < 255; i += 1) {
  power.push(value)
  log[value] = i
  value <<= 1
  if (value > 255) value ^= POLYNOMIAL
}

const alpha = (exponent: number) => power[((exponent % 255) + 255) % 255] ?? 0
const times = (a: number, b: number) => (a === 0 || b === 0 ? 0 : alpha((log[a] ?? 0) + (log[b] ?? 0)))
const over = (a: number, b: number) => (a === 0 ? 0 : alpha((log[a] ?? 0) - (log[b] ?? 0)))
/** A polynomial's value, its lowest coefficient first. */
const value = (polynomial: readonly number[], x: number) =>
  polynomial.reduceRight((sum, coefficient) => times(sum, x) ^ coefficient, 0)

/** Reed and Solomon: the block without its faults; null when there are more than it can bear. */
export function corrected(block: readonly number[], correcting: number): number[] | null {
  const reversed = [...block].reverse()
  const syndromes = Array.from({ length: correcting }, (_, i) => value(reversed, alpha(i)))
  if (syndromes.every(one => one === 0)) return [...block]
  const locator = locatorOf(syndromes)
  const faults = locator.length - 1
  if (faults === 0 || faults * 2 > correcting) return null
  const places: number[] = []
  for (let place = 0; place < block.length; place += 1)
    if (value(locator, alpha(-place)) === 0) places.push(place)
  if (places.length !== faults) return null
  // Forney: how wrong each of them is.
  const evaluator = product(syndromes, locator).slice(0, correcting)
  const slope = locator.map((coefficient, i) => (i % 2 === 1 ? coefficient : 0)).slice(1)
  const good = [...block]
  for (const place of places) {
    const inverse = alpha(-place)
    const below = value(slope, inverse)
    if (below === 0) return null
    const at = block.length - 1 - place
    good[at] = (good[at] ?? 0) ^ times(alpha(place), over(value(evaluator, inverse), below))
  }
  const again = [...good].reverse()
  return syndromes.every((_, i) => value(again, alpha(i)) === 0) ? good : null
}

function product(a: readonly number[], b: readonly number[]): number[] {
  const made = Array.from({ length: a.length + b.length - 1 }, () => 0)
  a.forEach((x, i) => b.forEach((y, j) => (made[i + j] = (made[i + j] ?? 0) ^ times(x, y))))
  return made
}

/** Berlekamp and Massey: the shortest polynomial whose roots tell where the faults are. */
function locatorOf(syndromes: readonly number[]): number[] {
  let locator = [1]
  let before = [1]
  let length = 0
  let gap = 1
  let scale = 1
  syndromes.forEach((syndrome, n) => {
    let error = syndrome
    for (let i = 1; i <= length; i += 1) error ^= times(locator[i] ?? 0, syndromes[n - i] ?? 0)
    if (error === 0) {
      gap += 1
      return
    }
    const factor = over(error, scale)
    const moved = [...Array.from({ length: gap }, () => 0), ...before.map(one => times(one, factor))]
    const next = Array.from(
      { length: Math.max(locator.length, moved.length) },
      (_, i) => (locator[i] ?? 0) ^ (moved[i] ?? 0),
    )
    if (2 * length <= n) {
      before = locator
      scale = error
      length = n + 1 - length
      gap = 1
    } else gap += 1
    locator = next
  })
  return locator.slice(0, length + 1)
}
