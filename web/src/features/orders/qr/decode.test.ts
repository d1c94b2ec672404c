import { describe, expect, test } from 'vitest'
import { corrected } from './correction'
import { decode } from './decode'
import { SAMPLES } from './samples'
import { readSymbol } from './symbol'

const matrixOf = (rows: readonly string[]) => rows.map(row => [...row].map(one => one === '#'))

/** The symbol as a camera may see it: turned, on grey paper, under a shadow. */
function picture(rows: readonly string[], turn: number, module: number) {
  const [width, height] = [480, 400]
  const size = rows.length
  const data = new Uint8ClampedArray(width * height * 4)
  const [cos, sin] = [Math.cos(turn) / module, Math.sin(turn) / module]
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [dx, dy] = [x - width / 2, y - height / 2]
      const column = Math.floor(dx * cos + dy * sin + size / 2)
      const row = Math.floor(dy * cos - dx * sin + size / 2)
      const light = 130 + (90 * x) / width
      const shade = rows[row]?.[column] === '#' ? light * 0.3 : light
      data.set([shade, shade, shade, 255], (y * width + x) * 4)
    }
  return { data, width, height } as unknown as ImageData
}

describe('a QR code', () => {
  test.each(SAMPLES)('says %s', (text, rows) => {
    expect(readSymbol(matrixOf(rows))).toBe(text)
  })

  test.each([0, 0.3, 1.2, Math.PI / 2, 2.5, -0.8])('is read when it is turned by %f', turn => {
    const [text, rows] = SAMPLES[0] ?? ['', []]
    expect(decode(picture(rows, turn, 9))).toBe(text)
  })

  test('is read with a corner of its data hidden', () => {
    const [text, rows] = SAMPLES[0] ?? ['', []]
    const hurt = matrixOf(rows).map((row, y) => row.map((dark, x) => (x > 17 && y > 16 ? !dark : dark)))
    expect(readSymbol(hurt)).toBe(text)
  })

  test('that is none says nothing', () => {
    expect(decode(picture([], 0, 9))).toBeNull()
    expect(readSymbol(matrixOf(Array.from({ length: 21 }, () => '#'.repeat(21))))).toBeNull()
  })
})

test('a block with more faults than it bears is given up', () => {
  const block = Array.from({ length: 26 }, (_, i) => (i * 37) % 256)
  expect(corrected(block, 4)).toBeNull()
})
