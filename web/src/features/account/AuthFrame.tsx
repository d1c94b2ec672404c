import type { ReactNode } from 'react'

/** The quiet frame of signing in and up. */
export function AuthFrame({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <div className="mx-auto grid w-full max-w-md gap-8 px-4 py-10 sm:py-16">
      <div className="text-center">
        <h1 className="text-4xl font-extrabold">{title}</h1>
        <p className="mt-2 text-ink-2">{lead}</p>
      </div>
      <div className="grid gap-6 rounded-3xl border border-line bg-raised p-6 shadow-card sm:p-8">
        {children}
      </div>
    </div>
  )
}
