import { describe, expect, it } from 'vitest'
import { ServerClock } from './serverClock'

const NOON = Date.parse('2026-11-21T12:00:00.000Z')
const HOUR_MS = 3_600_000

function machine(wallErrorMs = 0) {
  const at = { wall: NOON + wallErrorMs, monotonic: 1_000 }
  return {
    clocks: { wall: () => at.wall, monotonic: () => at.monotonic },
    pass(ms: number) {
      at.wall += ms
      at.monotonic += ms
    },
    sleep(ms: number) {
      at.wall += ms
    },
    set(ms: number) {
      at.wall += ms
    },
  }
}

describe('the server clock', () => {
  it('shows server time on a machine that is an hour wrong', () => {
    const { clocks, pass } = machine(HOUR_MS)
    const clock = new ServerClock(clocks)
    const asked = clock.mark()
    pass(100)
    clock.learn(NOON + 50, asked)
    expect(clock.now()).toBe(NOON + 100)
    pass(5_000)
    expect(clock.now()).toBe(NOON + 5_100)
    expect(clock.isSure()).toBe(true)
  })

  it('goes by the machine, unsure, until a server has answered', () => {
    const clock = new ServerClock(machine().clocks)
    expect(clock.now()).toBe(NOON)
    expect(clock.isSure()).toBe(false)
  })

  it('trusts the fastest answer, and a slower one only when the old has aged', () => {
    const { clocks, pass } = machine()
    const clock = new ServerClock(clocks)
    let asked = clock.mark()
    pass(20)
    clock.learn(NOON + 10, asked)
    asked = clock.mark()
    pass(2_000)
    clock.learn(NOON + 20 + 1_900, asked)
    expect(clock.now()).toBe(NOON + 2_020)
    expect(clock.uncertaintyMs()).toBe(10)
    pass(HOUR_MS)
    asked = clock.mark()
    pass(100)
    clock.learn(NOON + 2_020 + HOUR_MS + 70, asked)
    expect(clock.uncertaintyMs()).toBe(50)
  })

  it('is not moved by somebody setting the wall clock, but doubts itself', () => {
    const { clocks, pass, set } = machine()
    const clock = new ServerClock(clocks)
    clock.learn(NOON, clock.mark())
    pass(1_000)
    set(-HOUR_MS)
    expect(clock.now()).toBe(NOON + 1_000)
    expect(clock.isSure()).toBe(false)
  })

  it('after a sleep takes the first answer, however slow', () => {
    const { clocks, pass, sleep } = machine()
    const clock = new ServerClock(clocks)
    clock.learn(NOON, clock.mark())
    sleep(60_000)
    expect(clock.isSure()).toBe(false)
    const asked = clock.mark()
    pass(400)
    clock.learn(NOON + 60_200, asked)
    expect(clock.now()).toBe(NOON + 60_400)
    expect(clock.isSure()).toBe(true)
  })

  it('ignores what is not a time', () => {
    const clock = new ServerClock(machine().clocks)
    clock.learn('soon', clock.mark())
    expect(clock.isSure()).toBe(false)
  })
})
