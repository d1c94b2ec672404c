import type { LiveEvent } from './frames'

export type Verdict = 'apply' | 'repeated' | 'gap'

/** Where we are in a channel: every event is applied once, in order, or the hole before it is noticed. */
export class Sequence {
  /** The last event we have; null before the first answer. */
  last: number | null

  constructor(last: number | null = null) {
    this.last = last
  }

  /** A snapshot stands for everything up to its seq, whatever we had. */
  reset(seq: number): void {
    this.last = seq
  }

  /** Judge an event and, when it follows, count it. A coalesced one stands for `seq_from..seq`. */
  take(event: LiveEvent): Verdict {
    if (event.seq === undefined) return 'apply'
    if (this.last === null) return 'gap'
    if (event.seq <= this.last) return 'repeated'
    const from = typeof event.data.seq_from === 'number' ? event.data.seq_from : event.seq
    if (from > this.last + 1) return 'gap'
    this.last = event.seq
    return 'apply'
  }
}
