import type { ReactNode } from 'react'
import { Skeleton } from './bits'

/** Cards side by side: two on a phone, more where there is room. */
export function Grid({ children }: { children: ReactNode }) {
  return (
    <div className="grid grid-cols-2 gap-x-4 gap-y-8 sm:gap-x-6 md:grid-cols-3 xl:grid-cols-4">
      {children}
    </div>
  )
}

/** Cards on their way. */
export function GridSkeleton({ cards = 8 }: { cards?: number }) {
  return (
    <Grid>
      {Array.from({ length: cards }, (_, index) => (
        <div key={index} className="grid gap-3">
          <Skeleton className="aspect-4/3 rounded-2xl" />
          <Skeleton className="h-4 w-3/4" />
          <Skeleton className="h-6 w-1/3" />
        </div>
      ))}
    </Grid>
  )
}

/** A part of a page with its heading. */
export function Section({
  title,
  lead,
  action,
  children,
}: {
  title: string
  lead?: string
  action?: ReactNode
  children: ReactNode
}) {
  return (
    <section className="grid grid-cols-1 gap-5">
      <div className="flex items-end justify-between gap-4">
        <div>
          <h2 className="text-2xl font-bold sm:text-3xl">{title}</h2>
          {lead && <p className="mt-1 text-ink-2">{lead}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  )
}

/** A page's frame: its width, its space, its heading. */
export function PageFrame({
  title,
  lead,
  narrow = false,
  children,
}: {
  title?: string
  lead?: string
  narrow?: boolean
  children: ReactNode
}) {
  return (
    <div
      className={
        narrow
          ? 'mx-auto grid w-full max-w-2xl grid-cols-1 gap-8 px-4 py-8 sm:py-12'
          : 'mx-auto grid w-full max-w-7xl grid-cols-1 gap-10 px-4 py-8 sm:px-6 sm:py-10'
      }
    >
      {title && (
        <div>
          <h1 className="text-3xl font-extrabold sm:text-4xl">{title}</h1>
          {lead && <p className="mt-2 text-lg text-ink-2">{lead}</p>}
        </div>
      )}
      {children}
    </div>
  )
}
