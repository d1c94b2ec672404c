/**
 * The server's time, as well as this machine can know it. It is reckoned from answers of the server on the monotonic
 * clock, so a wall clock that is an hour wrong, or is set while we run, changes nothing.
 */

/** Wall clock and monotonic clock of the machine, both in milliseconds; injected in tests. */
export interface MachineClocks {
  wall(): number
  monotonic(): number
}

/** A wall clock that moves this much apart from the monotonic one means sleep, or that somebody set it. */
export const DOUBT_MS = 1_500
/** A sample gets worse by this much for every second of its age, as clocks drift. */
const DRIFT_MS_PER_SECOND = 0.05

const MACHINE: MachineClocks = { wall: () => Date.now(), monotonic: () => performance.now() }

export class ServerClock {
  private readonly clocks: MachineClocks
  // Server time = monotonic + offset.
  private offsetMs: number | null = null
  private errorMs = Number.POSITIVE_INFINITY
  private sampledAtMs = 0
  private wallGapMs: number
  private readonly listeners = new Set<() => void>()

  constructor(clocks: MachineClocks = MACHINE) {
    this.clocks = clocks
    this.wallGapMs = clocks.wall() - clocks.monotonic()
  }

  /** Milliseconds since the epoch by the server; by this machine while no answer has come. */
  now(): number {
    const monotonic = this.clocks.monotonic()
    return monotonic + (this.offsetMs ?? this.wallGapMs)
  }

  /** The monotonic clock, to hand back to `learn` as the moment a question was sent. */
  mark(): number {
    return this.clocks.monotonic()
  }

  /** True once a server has told its time and this machine has not slept since. */
  isSure(): boolean {
    return this.offsetMs !== null && !this.hasJumped()
  }

  /**
   * Learn from an answer: `serverTime` was true at some moment between `askedAtMs` (by `mark`) and now. The answer
   * that came back fastest knows best.
   */
  learn(serverTime: string | number, askedAtMs: number): void {
    const server = typeof serverTime === 'number' ? serverTime : Date.parse(serverTime)
    const now = this.clocks.monotonic()
    if (!Number.isFinite(server) || askedAtMs > now) return
    const roundTripMs = now - askedAtMs
    const jumped = this.hasJumped()
    const ageSeconds = (now - this.sampledAtMs) / 1000
    const errorMs = roundTripMs / 2
    if (!jumped && errorMs > this.errorMs + ageSeconds * DRIFT_MS_PER_SECOND) return
    this.offsetMs = server - (askedAtMs + roundTripMs / 2)
    this.errorMs = errorMs
    this.sampledAtMs = now
    this.wallGapMs = this.clocks.wall() - now
    this.notify()
  }

  /** Half of the round trip of the best answer: server time is within so many milliseconds of `now()`. */
  uncertaintyMs(): number {
    return this.errorMs
  }

  /** Hear when the server's time is known better. Returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private hasJumped(): boolean {
    return Math.abs(this.clocks.wall() - this.clocks.monotonic() - this.wallGapMs) > DOUBT_MS
  }

  private notify(): void {
    for (const listener of this.listeners) listener()
  }
}

/** The one clock of the page. */
export const serverClock = new ServerClock()
