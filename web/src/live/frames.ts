/** What goes over the socket, both ways. */

export type Ref = number | string | null

export interface LiveEvent {
  type: string
  channel: string
  /** Missing on hints: they are not counted and not repeated. */
  seq?: number
  id?: string
  at: string
  data: Record<string, unknown>
}

export interface Snapshot {
  type: 'snapshot'
  channel: string
  seq: number
  data: Record<string, unknown>
  ref: Ref
}

export type Answer = { ref: Ref } & (
  | ({ type: 'ok' } & Record<string, unknown>)
  | { type: 'pong'; server_time: string }
  | ({ type: 'error'; code: string } & Record<string, unknown>)
)

export type Frame = LiveEvent | Snapshot | Answer

export const CLOSE_BAD_TOKEN = 4401

/** A frame of the server; null when it is not one. */
export function decode(text: unknown): Frame | null {
  if (typeof text !== 'string') return null
  try {
    const frame = JSON.parse(text) as Partial<Frame> | null
    return typeof frame?.type === 'string' ? (frame as Frame) : null
  } catch {
    return null
  }
}

export function isAnswer(frame: Frame): frame is Answer {
  return frame.type === 'ok' || frame.type === 'error' || frame.type === 'pong'
}

export function isSnapshot(frame: Frame): frame is Snapshot {
  return frame.type === 'snapshot'
}
