import { useCallback, useState } from 'react'

/** Whether an element is in sight, `margin` (as of IntersectionObserver) less; put the ref on it. True until known. */
export function useInSight(margin: string) {
  const [isInSight, setInSight] = useState(true)
  const ref = useCallback(
    (element: Element | null) => {
      if (!element) return undefined
      const observer = new IntersectionObserver(
        entries => setInSight(entries.at(-1)?.isIntersecting ?? true),
        { rootMargin: margin },
      )
      observer.observe(element)
      return () => observer.disconnect()
    },
    [margin],
  )
  return [ref, isInSight] as const
}
