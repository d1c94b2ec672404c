import type { ApiError } from '@/api/problem'
import type { LiveEvent, Snapshot } from './frames'
import { Sequence, type Verdict } from './sequence'

/** What one who watches a channel is told. */
export interface Watcher {
  /** All there is, whatever was known before. */
  snapshot?(data: Record<string, unknown>, seq: number): void
  /** The next event, without gaps; or a hint, which has no seq. */
  event?(event: LiveEvent): void
  /** Nothing is missing from here on. */
  fresh?(): void
  /** The server will not let us watch: there is no such channel, or it is not ours. */
  refused?(refusal: ApiError): void
}

/** `waiting`: to be asked for. `asking`: asked, no answer yet. `following`: up to date. `closed`: refused. */
export type Phase = 'waiting' | 'asking' | 'following' | 'closed'

export const PERSONAL_CHANNEL = 'user'

/** A watched channel and where we are in it. */
export class Channel {
  readonly name: string
  readonly isPersonal: boolean
  readonly watchers = new Set<Watcher>()
  phase: Phase = 'waiting'
  /** The ref of the question that is open; answers to older ones have been overtaken. */
  askedAs: number | null = null
  private readonly sequence: Sequence

  constructor(name: string, since: number | null) {
    this.name = name
    this.isPersonal = name === PERSONAL_CHANNEL
    this.sequence = new Sequence(since)
  }

  /** The message that asks for it, from where we are on. */
  question(): Record<string, unknown> {
    this.phase = 'asking'
    const since = this.sequence.last
    return { type: 'subscribe', channel: this.name, ...(since !== null && { since }) }
  }

  /** Ask again for everything. */
  restart(): void {
    this.sequence.last = null
    this.askAgain()
  }

  /** The line is gone: ask again, from where we are on. */
  disconnect(): void {
    if (this.phase !== 'closed') this.askAgain()
  }

  start(snapshot: Snapshot): void {
    this.sequence.reset(snapshot.seq)
    this.phase = 'following'
    for (const watcher of [...this.watchers]) watcher.snapshot?.(snapshot.data, snapshot.seq)
    this.tellFresh()
  }

  /** All missed events have come. */
  caughtUp(): void {
    if (this.phase !== 'asking') return
    this.phase = 'following'
    this.tellFresh()
  }

  refused(refusal: ApiError): void {
    this.phase = 'closed'
    for (const watcher of [...this.watchers]) watcher.refused?.(refusal)
  }

  /** An event: told once and in order. After a gap the channel is asked for again from the last one we have. */
  hear(event: LiveEvent): Verdict {
    const verdict = this.sequence.take(event)
    if (verdict === 'apply') for (const watcher of [...this.watchers]) watcher.event?.(event)
    // While asking, what comes early is part of what we have asked for.
    if (verdict === 'gap' && this.phase === 'following') this.askAgain()
    return verdict
  }

  private askAgain(): void {
    this.phase = 'waiting'
    this.askedAs = null
  }

  private tellFresh(): void {
    for (const watcher of [...this.watchers]) watcher.fresh?.()
  }
}
