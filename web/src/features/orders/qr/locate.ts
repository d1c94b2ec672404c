import type { Bits } from './binarize'

/** A symbol's modules, row by row; true is dark. */
export type Matrix = boolean[][]
interface Spot {
  x: number
  y: number
  /** The side of a module, in pixels. */
  module: number
  seen: number
}

const LEAST_SIDE = 21
const MOST_SIDE = 57
/** How far a run may be from what it should be, in modules. */
const SLACK = 0.75
const MOST_SPOTS = 8
/** From a finder's middle to the symbol's edge, in modules. */
const INSET = 3.5

/** Dark, light, dark, light, dark as 1:1:3:1:1; the module's side, or 0. */
function finderModule(runs: readonly number[]): number {
  const total = runs.reduce((sum, run) => sum + run, 0)
  const module = total / 7
  if (total < 7) return 0
  const fits = runs.every(
    (run, index) => Math.abs(run - module * (index === 2 ? 3 : 1)) < module * SLACK * (index === 2 ? 2 : 1),
  )
  return fits ? module : 0
}

/** The five runs through a point along (dx, dy), and how far the middle one's middle is from the point. */
function cross(bits: Bits, x: number, y: number, dx: number, dy: number): { module: number; shift: number } {
  const count = (from: number, step: number, isDark: boolean) => {
    let n = 0
    while (bits.at(x + dx * (from + step * n), y + dy * (from + step * n)) === isDark) {
      n += 1
      if (n > bits.width + bits.height) return n
    }
    return n
  }
  const back = count(0, -1, true)
  const ahead = count(1, 1, true)
  const lightBack = count(-back, -1, false)
  const lightAhead = count(1 + ahead, 1, false)
  const darkBack = count(-back - lightBack, -1, true)
  const darkAhead = count(1 + ahead + lightAhead, 1, true)
  return {
    module: finderModule([darkBack, lightBack, back + ahead, lightAhead, darkAhead]),
    shift: (ahead - back + 1) / 2,
  }
}

/** Where finder patterns stand: found along rows, proved along columns. */
function spotsIn(bits: Bits): Spot[] {
  const spots: Spot[] = []
  for (let y = 0; y < bits.height; y += 2) {
    let runs = [0, 0, 0, 0, 0]
    let isDark = false
    for (let x = 0; x <= bits.width; x += 1) {
      const here = bits.at(x, y)
      if (here === isDark && x < bits.width) {
        runs[4] = (runs[4] ?? 0) + 1
        continue
      }
      if (isDark && finderModule(runs) > 0) {
        const middle = x - (runs[4] ?? 0) - (runs[3] ?? 0) - (runs[2] ?? 0) / 2
        prove(bits, spots, Math.floor(middle), y)
      }
      runs = [...runs.slice(1), 1]
      isDark = here
    }
  }
  return spots.sort((a, b) => b.seen - a.seen).slice(0, MOST_SPOTS)
}

function prove(bits: Bits, spots: Spot[], x: number, y: number): void {
  const down = cross(bits, x, y, 0, 1)
  if (down.module === 0) return
  const middleY = y + down.shift
  const across = cross(bits, x, Math.floor(middleY), 1, 0)
  if (across.module === 0) return
  const middleX = x + across.shift
  const module = (down.module + across.module) / 2
  const near = spots.find(one => Math.hypot(one.x - middleX, one.y - middleY) < module * 3)
  if (near) {
    const seen = near.seen + 1
    near.x += (middleX - near.x) / seen
    near.y += (middleY - near.y) / seen
    near.module += (module - near.module) / seen
    near.seen = seen
  } else spots.push({ x: middleX, y: middleY, module, seen: 1 })
}

/** The symbols that any three finder patterns may belong to, the likeliest first. */
export function* locate(bits: Bits): Generator<Matrix> {
  const spots = spotsIn(bits)
  for (let a = 0; a < spots.length; a += 1)
    for (let b = a + 1; b < spots.length; b += 1)
      for (let c = b + 1; c < spots.length; c += 1) {
        const three = [spots[a], spots[b], spots[c]].filter(one => one !== undefined)
        const modules = three.map(one => one.module)
        if (Math.max(...modules) > Math.min(...modules) * 1.8) continue
        yield* symbolsOf(bits, three)
      }
}

function* symbolsOf(bits: Bits, three: Spot[]): Generator<Matrix> {
  const [corner, right, down] = ordered(three)
  if (!corner || !right || !down) return
  const module = (corner.module + right.module + down.module) / 3
  const side =
    (Math.hypot(right.x - corner.x, right.y - corner.y) + Math.hypot(down.x - corner.x, down.y - corner.y)) /
    2
  const guess = Math.round((side / module + 7 - 17) / 4) * 4 + 17
  for (const size of [guess, guess - 4, guess + 4]) {
    if (size < LEAST_SIDE || size > MOST_SIDE) continue
    yield sample(bits, corner, right, down, size)
  }
}

/** The corner stands opposite the longest side; right of it and down from it as the picture is not mirrored. */
function ordered(three: Spot[]): Spot[] {
  const [a, b, c] = three
  if (!a || !b || !c) return []
  const gap = (one: Spot, other: Spot) => Math.hypot(one.x - other.x, one.y - other.y)
  const sides = [
    { corner: a, rest: [b, c], length: gap(b, c) },
    { corner: b, rest: [a, c], length: gap(a, c) },
    { corner: c, rest: [a, b], length: gap(a, b) },
  ].sort((one, other) => other.length - one.length)
  const longest = sides[0]
  const [one, other] = longest?.rest ?? []
  if (!longest || !one || !other) return []
  const { corner } = longest
  const turn = (one.x - corner.x) * (other.y - corner.y) - (one.y - corner.y) * (other.x - corner.x)
  return turn > 0 ? [corner, one, other] : [corner, other, one]
}

/** Modules where the two sides of the corner say they are. A code that is held up to a camera is flat enough. */
function sample(bits: Bits, corner: Spot, right: Spot, down: Spot, size: number): Matrix {
  const span = size - 2 * INSET
  const [ax, ay] = [(right.x - corner.x) / span, (right.y - corner.y) / span]
  const [bx, by] = [(down.x - corner.x) / span, (down.y - corner.y) / span]
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (__, column) => {
      const [u, v] = [column + 0.5 - INSET, row + 0.5 - INSET]
      return bits.at(Math.floor(corner.x + ax * u + bx * v), Math.floor(corner.y + ay * u + by * v))
    }),
  )
}
