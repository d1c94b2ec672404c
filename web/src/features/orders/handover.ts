import { queryOptions } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { components } from '@/api/schema'

export type HandoverCode = components['schemas']['HandoverCode']

/** The buyer's one-time code. It is asked for when it is shown, and anew when it has run out. */
export const codeQuery = (orderId: string) =>
  queryOptions({
    // Not among what the person's channel brings up to date: each asking makes a new code and ends the one before.
    queryKey: ['handover', orderId],
    queryFn: () => api.get('/v1/orders/{order_id}/qr', { path: { order_id: orderId } }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

/** `7K2QD 9MXW4`: as it is read out. */
export const spelled = (code: string): string => code.replaceAll('-', ' ')

/** The code in what a camera has read: the text itself, or a part of an address that leads here. */
export function codeIn(text: string): string {
  const read = text.trim()
  if (!/^https?:/i.test(read)) return read
  try {
    const address = new URL(read)
    return address.searchParams.get('code') ?? decodeURIComponent(address.hash.replace(/^#(code=)?/, ''))
  } catch {
    return read
  }
}

export interface Drawing {
  /** Modules to a side, with the quiet zone. */
  size: number
  path: string
}

/** The one path of the server's picture, to be drawn in our own colours; null when it is not drawn that way. */
export function drawingOf(svg: string): Drawing | null {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('svg')
  const path = root?.querySelector('path[stroke]')?.getAttribute('d')
  const box = root
    ?.getAttribute('viewBox')
    ?.split(/[\s,]+/)
    .map(Number)
  const size = box?.[2] ?? Number.parseFloat(root?.getAttribute('width') ?? '')
  return path && Number.isFinite(size) && size > 0 ? { size, path } : null
}
