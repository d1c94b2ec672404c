import { api } from './client'

interface Options {
  path?: Record<string, string>
  query?: Record<string, string | number | boolean | null | undefined>
  body?: unknown
  key?: string | undefined
}
type Call = (path: string, options?: Options) => Promise<unknown>

/** The server by paths that its document does not name yet. */
export const wire = api as unknown as { get: Call; post: Call; put: Call }
