import { corrected } from './correction'
import type { Matrix } from './locate'
import { textOf } from './text'

/** All codewords of a symbol, by version from 1. */
const CODEWORDS = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346]
/** By version, for the levels L, M, Q, H: how many codewords of a block correct, and how many blocks there are. */
const CORRECTION: readonly (readonly (readonly [correcting: number, blocks: number])[])[] = [
  [
    [7, 1],
    [10, 1],
    [13, 1],
    [17, 1],
  ],
  [
    [10, 1],
    [16, 1],
    [22, 1],
    [28, 1],
  ],
  [
    [15, 1],
    [26, 1],
    [18, 2],
    [22, 2],
  ],
  [
    [20, 1],
    [18, 2],
    [26, 2],
    [16, 4],
  ],
  [
    [26, 1],
    [24, 2],
    [18, 4],
    [22, 4],
  ],
  [
    [18, 2],
    [16, 4],
    [24, 4],
    [28, 4],
  ],
  [
    [20, 2],
    [18, 4],
    [18, 6],
    [26, 5],
  ],
  [
    [24, 2],
    [22, 4],
    [22, 6],
    [26, 6],
  ],
  [
    [30, 2],
    [22, 5],
    [20, 8],
    [24, 8],
  ],
  [
    [18, 4],
    [26, 5],
    [24, 8],
    [28, 8],
  ],
]
/** Where the middles of alignment patterns stand, by version. */
const ALIGNED = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
]
/** The format's two bits of level, as they count in CORRECTION. */
const LEVELS = [1, 0, 3, 2]
const FORMAT_MASK = 0x5412
const FORMAT_POLYNOMIAL = 0x537
const MOST_FORMAT_FAULTS = 3
const FIRST_WITH_VERSION = 7

const MASKS: readonly ((row: number, column: number) => boolean)[] = [
  (i, j) => (i + j) % 2 === 0,
  i => i % 2 === 0,
  (_, j) => j % 3 === 0,
  (i, j) => (i + j) % 3 === 0,
  (i, j) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2 === 0,
  (i, j) => ((i * j) % 2) + ((i * j) % 3) === 0,
  (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2 === 0,
  (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2 === 0,
]

/** The text of a symbol; null when it is none, or is hurt beyond correction. */
export function readSymbol(matrix: Matrix): string | null {
  const size = matrix.length
  const version = (size - 17) / 4
  const format = formatOf(matrix)
  const total = CODEWORDS[version - 1]
  if (format === null || total === undefined) return null
  const [correcting, blocks] = CORRECTION[version - 1]?.[format.level] ?? [0, 0]
  const words = codewords(matrix, version, format.mask).slice(0, total)
  if (blocks === 0 || words.length < total) return null
  const data: number[] = []
  for (const block of unwoven(words, correcting, blocks)) {
    const good = corrected(block, correcting)
    if (good === null) return null
    data.push(...good.slice(0, block.length - correcting))
  }
  return textOf(data, version)
}

const bit = (matrix: Matrix, row: number, column: number) => (matrix[row]?.[column] ? 1 : 0)

function formatOf(matrix: Matrix): { level: number; mask: number } | null {
  const last = matrix.length - 1
  let one = 0
  let other = 0
  for (let i = 0; i <= 5; i += 1) one = (one << 1) | bit(matrix, 8, i)
  one = (one << 1) | bit(matrix, 8, 7)
  one = (one << 1) | bit(matrix, 8, 8)
  one = (one << 1) | bit(matrix, 7, 8)
  for (let i = 5; i >= 0; i -= 1) one = (one << 1) | bit(matrix, i, 8)
  for (let i = 0; i <= 6; i += 1) other = (other << 1) | bit(matrix, last - i, 8)
  for (let i = 7; i >= 0; i -= 1) other = (other << 1) | bit(matrix, 8, last - i)
  let best: { data: number; faults: number } | null = null
  for (let data = 0; data < 32; data += 1) {
    const whole = formatWord(data)
    const faults = Math.min(ones(whole ^ one), ones(whole ^ other))
    if (best === null || faults < best.faults) best = { data, faults }
  }
  if (best === null || best.faults > MOST_FORMAT_FAULTS) return null
  return { level: LEVELS[best.data >> 3] ?? 0, mask: best.data & 7 }
}

function formatWord(data: number): number {
  let rest = data << 10
  for (let i = 14; i >= 10; i -= 1) if ((rest >> i) & 1) rest ^= FORMAT_POLYNOMIAL << (i - 10)
  return ((data << 10) | rest) ^ FORMAT_MASK
}

function ones(value: number): number {
  let n = 0
  for (let rest = value; rest !== 0; rest &= rest - 1) n += 1
  return n
}

/** Whether a module belongs to the symbol's own patterns, and carries no data. */
function isPattern(version: number, size: number, row: number, column: number): boolean {
  if (row === 6 || column === 6) return true
  if (row <= 8 && (column <= 8 || column >= size - 8)) return true
  if (row >= size - 8 && column <= 8) return true
  if (version >= FIRST_WITH_VERSION) {
    if (row < 6 && column >= size - 11 && column < size - 8) return true
    if (column < 6 && row >= size - 11 && row < size - 8) return true
  }
  const middles: readonly number[] = ALIGNED[version - 1] ?? []
  const far = middles.at(-1) ?? 0
  return middles.some(y =>
    middles.some(x => {
      const isFinder = (y === 6 && x === 6) || (y === 6 && x === far) || (y === far && x === 6)
      return !isFinder && Math.abs(row - y) <= 2 && Math.abs(column - x) <= 2
    }),
  )
}

/** The codewords as they stand in the symbol: two columns at a time, up and down, from the right. */
function codewords(matrix: Matrix, version: number, mask: number): number[] {
  const size = matrix.length
  const isMasked = MASKS[mask] ?? (() => false)
  const words: number[] = []
  let word = 0
  let bits = 0
  let isUp = true
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right -= 1
    for (let step = 0; step < size; step += 1) {
      const row = isUp ? size - 1 - step : step
      for (const column of [right, right - 1]) {
        if (isPattern(version, size, row, column)) continue
        word = (word << 1) | (bit(matrix, row, column) ^ (isMasked(row, column) ? 1 : 0))
        bits += 1
        if (bits < 8) continue
        words.push(word)
        word = 0
        bits = 0
      }
    }
    isUp = !isUp
  }
  return words
}

/** The blocks that are woven into one another: the shorter ones first, what corrects them behind. */
function unwoven(words: readonly number[], correcting: number, count: number): number[][] {
  const carrying = words.length - correcting * count
  const short = Math.floor(carrying / count)
  const firstLong = count - (carrying % count)
  const blocks: number[][] = Array.from({ length: count }, () => [])
  let at = 0
  for (let i = 0; i <= short; i += 1)
    for (let b = i < short ? 0 : firstLong; b < count; b += 1) blocks[b]?.push(words[at++] ?? 0)
  for (let i = 0; i < correcting; i += 1) for (const block of blocks) block.push(words[at++] ?? 0)
  return blocks
}
