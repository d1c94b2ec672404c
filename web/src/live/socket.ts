import { ApiError, NO_CONNECTION } from '@/api/problem'
import { newKey } from '@/api/key'
import type { ServerClock } from '@/shared/serverClock'
import { backoffMs } from './backoff'
import { Channel, type Watcher } from './channel'
import { CLOSE_BAD_TOKEN, decode, isAnswer, isSnapshot, type Answer, type Frame, type Ref } from './frames'

const CONNECT_TIMEOUT_MS = 8_000
/** So long without a word from the server, and we ask whether it is there. */
const QUIET_MS = 5_000
/** The clock is asked at least so often. */
const CLOCK_MS = 30_000
/** An answer that takes so long is worth a word to the person; */
const SLOW_PONG_MS = 1_200
/** so long, and the line is given up. */
const PONG_TIMEOUT_MS = 3_500
/** The line stays open so long with nothing to watch, as on the way from one page to the next. */
const LINGER_MS = 10_000
/** The server allows 50 frames a second; bids and pings must always find room. */
const SUBSCRIBES_A_SECOND = 25
const MAX_PENDING = 256

/**
 * `idle`: nothing is watched. `connecting`: the first attempt. `live`: what is shown is what is. `checking`: no answer
 * yet to "are you there?". `lost`: between attempts; what is shown may be old.
 */
export type Status = 'idle' | 'connecting' | 'live' | 'checking' | 'lost'

/** The part of a WebSocket we use. */
export interface Line {
  send(text: string): void
  close(): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

/** What the socket needs of the world; tests bring their own. */
export interface World {
  open(): Line
  clock: ServerClock
  random(): number
  isOnline(): boolean
  /** The access token now; null when nobody is signed in. */
  token(): string | null
  /** Another token instead of `spent`; null when the session has ended. */
  renew(spent: string): Promise<string | null>
}

interface Pending {
  resolve(answer: Answer): void
  reject(refusal: ApiError): void
}

/**
 * The one socket of the page. Channels that are watched survive any loss of the connection: each resumes from the last
 * event it has. `tick` drives every timeout; call it about once a second.
 */
export class LiveSocket {
  private readonly world: World
  private line: Line | null = null
  private isReady = false
  private saidToken: string | null = null
  private failures = 0
  private wasLive = false
  private openedAt = 0
  private heardAt = 0
  private retryAt = 0
  private pingedAt: number | null = null
  private clockAt = 0
  private neededAt = 0
  private nextRef = 1
  private budget = SUBSCRIBES_A_SECOND
  private state: Status = 'idle'
  private readonly channels = new Map<string, Channel>()
  private readonly asked = new Map<Ref, Channel>()
  private readonly pending = new Map<Ref, Pending>()
  private readonly listeners = new Set<() => void>()

  constructor(world: World) {
    this.world = world
  }

  status(): Status {
    return this.state
  }

  /** Hear when the status changes. Returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /**
   * Watch a channel until the returned function is called. `since` is the seq of what the caller has already: events
   * from there on come instead of a snapshot, when the server still has them.
   */
  watch(name: string, watcher: Watcher, since: number | null = null): () => void {
    let channel = this.channels.get(name)
    if (channel) {
      // The newcomer has seen nothing: everybody starts over from a snapshot.
      channel.restart()
    } else {
      channel = new Channel(name, since)
      this.channels.set(name, channel)
    }
    channel.watchers.add(watcher)
    this.pump()
    return () => this.unwatch(name, watcher)
  }

  /** Begin a watched channel anew, from a snapshot: something about it is known to be missing here. */
  restart(name: string): void {
    this.channels.get(name)?.restart()
    this.pump()
  }

  /** Whether all that is known of the channel is what the server has said last. */
  isFresh(name: string): boolean {
    return this.state === 'live' && this.channels.get(name)?.phase === 'following'
  }

  /**
   * Ask something and wait for its answer. Rejects with ApiError: the server's refusal, or `no_connection` when the
   * answer did not come, and nobody knows whether it was done.
   */
  request(message: Record<string, unknown>): Promise<Answer & Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (!this.isReady || this.pending.size >= MAX_PENDING) {
        reject(new ApiError(NO_CONNECTION, 0))
        return
      }
      this.pending.set(this.say(message), { resolve: resolve as (answer: Answer) => void, reject })
    })
  }

  /** A bid over the socket; the same rules as over REST. */
  bid(
    auctionId: string,
    bid: { amount?: number; max_amount?: number },
    key = newKey(),
  ): ReturnType<typeof this.request> {
    return this.request({ type: 'bid', auction_id: auctionId, ...bid, key })
  }

  /** Somebody signed in or out, or the token was renewed. */
  sessionChanged(): void {
    const token = this.world.token()
    if (token === this.saidToken || !this.line) return
    if (token && this.isReady) this.authenticate(token)
    else if (this.isReady || !token) this.reconnectNow()
  }

  /** The page was woken, came back into view, or the network is there again: find out now, not at the next timeout. */
  nudge(): void {
    if (this.line && this.isReady) this.ping()
    else if (!this.line && this.channels.size > 0) {
      this.failures = 0
      this.connect()
    }
  }

  /** Drives everything that depends on time. */
  tick(): void {
    const now = this.world.clock.mark()
    this.budget = SUBSCRIBES_A_SECOND
    if (!this.line) {
      if (this.channels.size > 0 && now >= this.retryAt && this.world.isOnline()) this.connect()
      return
    }
    if (this.channels.size > 0) this.neededAt = now
    if (now - this.neededAt > LINGER_MS) {
      this.hangUp()
      return
    }
    if (!this.isReady) {
      if (now - this.openedAt > CONNECT_TIMEOUT_MS) this.lose()
      return
    }
    if (this.pingedAt !== null) {
      if (now - this.pingedAt > PONG_TIMEOUT_MS) this.lose()
      else if (now - this.pingedAt > SLOW_PONG_MS) this.setStatus('checking')
    } else if (now - this.heardAt > QUIET_MS || now - this.clockAt > CLOCK_MS || !this.world.clock.isSure()) {
      this.ping()
    }
    this.pump()
  }

  // -- the connection ---------------------------------------------------------------------------------------

  private connect(): void {
    this.openedAt = this.neededAt = this.world.clock.mark()
    this.setStatus(this.wasLive || this.failures > 0 ? 'lost' : 'connecting')
    const line = this.world.open()
    this.line = line
    line.onopen = () => {
      const token = this.world.token()
      if (token) this.authenticate(token)
      else this.ready()
    }
    line.onmessage = event => {
      const frame = decode(event.data)
      if (this.line === line && frame) this.hear(frame)
    }
    line.onclose = event => {
      if (this.line === line) this.closed(event.code)
    }
  }

  private authenticate(token: string): void {
    const isFirst = !this.isReady
    const ref = this.say({ type: 'auth', token })
    this.pending.set(ref, {
      resolve: () => {
        const wasSomebody = this.saidToken !== null
        this.saidToken = token
        if (isFirst) this.ready()
        else if (!wasSomebody) this.restartAll()
      },
      // The server closes with 4401 after a bad token; somebody else's needs a socket of its own.
      reject: refusal => {
        if (refusal.code === 'forbidden') this.reconnectNow()
      },
    })
  }

  private ready(): void {
    this.isReady = true
    this.wasLive = true
    this.failures = 0
    this.setStatus('live')
    this.ping()
    if (this.world.token() !== this.saidToken) this.sessionChanged()
    this.pump()
  }

  private closed(code: number): void {
    const spent = this.world.token()
    this.drop()
    if (code === CLOSE_BAD_TOKEN && spent) {
      this.retryAt = Number.POSITIVE_INFINITY
      const again = () => this.failed()
      this.world.renew(spent).then(again, again)
    } else {
      this.failed()
    }
  }

  private failed(): void {
    this.failures += 1
    this.retryAt = this.world.clock.mark() + backoffMs(this.failures, this.world.random())
    this.setStatus(this.channels.size > 0 ? 'lost' : 'idle')
  }

  private lose(): void {
    this.line?.close()
    this.drop()
    this.failed()
  }

  private reconnectNow(): void {
    this.line?.close()
    this.drop()
    // Nothing known of the person before may stay on screen.
    for (const channel of this.channels.values()) channel.restart()
    this.connect()
  }

  private hangUp(): void {
    this.line?.close()
    this.drop()
    this.wasLive = false
    this.setStatus('idle')
  }

  /** Forget the line: questions without an answer have failed, channels ask again. */
  private drop(): void {
    this.line = null
    this.isReady = false
    this.saidToken = null
    this.pingedAt = null
    this.asked.clear()
    const unanswered = [...this.pending.values()]
    this.pending.clear()
    for (const channel of this.channels.values()) channel.disconnect()
    for (const one of unanswered) one.reject(new ApiError(NO_CONNECTION, 0))
  }

  private ping(): void {
    if (this.pingedAt !== null) return
    const askedAt = this.world.clock.mark()
    this.pingedAt = askedAt
    this.pending.set(this.say({ type: 'ping' }), {
      resolve: answer => {
        this.pingedAt = null
        this.clockAt = this.world.clock.mark()
        if (answer.type === 'pong') this.world.clock.learn(answer.server_time, askedAt)
        if (this.isReady) this.setStatus('live')
      },
      reject: () => undefined,
    })
    if (!this.world.clock.isSure() && this.clockAt > 0) this.setStatus('checking')
  }

  private say(message: Record<string, unknown>): number {
    const ref = this.nextRef++
    this.line?.send(JSON.stringify({ ...message, ref }))
    return ref
  }

  // -- channels ---------------------------------------------------------------------------------------------

  private unwatch(name: string, watcher: Watcher): void {
    const channel = this.channels.get(name)
    if (!channel?.watchers.delete(watcher) || channel.watchers.size > 0) return
    this.channels.delete(name)
    if (this.isReady && channel.phase !== 'waiting') this.say({ type: 'unsubscribe', channel: name })
  }

  private restartAll(): void {
    for (const channel of this.channels.values()) channel.restart()
    this.pump()
  }

  /** Ask for every channel that waits to be asked for, within what the server allows. */
  private pump(): void {
    if (!this.line && this.channels.size > 0 && this.failures === 0 && this.world.isOnline()) {
      this.connect()
      return
    }
    if (!this.isReady) return
    for (const channel of this.channels.values()) {
      if (this.budget === 0) return
      if (channel.phase !== 'waiting' || (channel.isPersonal && this.saidToken === null)) continue
      this.budget -= 1
      channel.askedAs = this.say(channel.question())
      this.asked.set(channel.askedAs, channel)
    }
  }

  private hear(frame: Frame): void {
    this.heardAt = this.world.clock.mark()
    if (isAnswer(frame)) {
      this.answered(frame)
      return
    }
    const channel = this.channels.get(frame.channel)
    if (!channel) return
    if (isSnapshot(frame)) {
      // Without a ref the server starts us over by itself, as after a hole or when we were too slow.
      const wanted = frame.ref === null ? channel.phase === 'following' : channel.askedAs === frame.ref
      this.asked.delete(frame.ref)
      if (wanted) channel.start(frame)
    } else if (channel.hear(frame) === 'gap') {
      this.pump()
    }
  }

  private answered(answer: Answer): void {
    const channel = this.asked.get(answer.ref)
    if (channel) {
      this.asked.delete(answer.ref)
      if (channel.askedAs !== answer.ref) return
      if (answer.type === 'error') channel.refused(new ApiError(answer.code, 0, answer))
      else if (answer.type === 'ok') channel.caughtUp()
      return
    }
    const waiting = this.pending.get(answer.ref)
    this.pending.delete(answer.ref)
    if (answer.type === 'error') waiting?.reject(new ApiError(answer.code, 0, answer))
    else waiting?.resolve(answer)
  }

  private setStatus(status: Status): void {
    if (this.state === status) return
    this.state = status
    for (const listener of [...this.listeners]) listener()
  }
}
