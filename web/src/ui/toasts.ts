/** Words that come and go: told once, read out, gone by themselves. */

export type Tone = 'plain' | 'good' | 'warn' | 'bad'
export interface Toast {
  id: number
  tone: Tone
  text: string
  link?: { to: string; text: string }
}

const STAYS_MS = 6_000
const MOST = 3
let toasts: readonly Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

/** Say something to the person. */
export function toast(text: string, tone: Tone = 'plain', link?: Toast['link']): void {
  const made: Toast = { id: nextId++, tone, text, ...(link && { link }) }
  set([...toasts.slice(1 - MOST), made])
  setTimeout(() => dismiss(made.id), STAYS_MS)
}

export function dismiss(id: number): void {
  set(toasts.filter(one => one.id !== id))
}

export const currentToasts = (): readonly Toast[] => toasts

export function listenToToasts(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
