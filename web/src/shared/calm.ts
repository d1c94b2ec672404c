import { useEffect, useRef, useState } from 'react'

/** `value`, at most once in `everyMs`: a lone change right away, the last one of a rush when the time is up. */
export function useCalm<Value>(value: Value, everyMs: number): Value {
  const [calm, setCalm] = useState(value)
  const takenAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (value === calm) return undefined
    const take = () => {
      takenAt.current = performance.now()
      setCalm(() => value)
    }
    const timer = setTimeout(take, Math.max(0, takenAt.current + everyMs - performance.now()))
    return () => clearTimeout(timer)
  }, [value, calm, everyMs])
  return calm
}
