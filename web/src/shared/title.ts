import { useEffect } from 'react'
import { useCalm } from './calm'

const NAME = 'Outcry'
/** Every change goes through the browser's own window: a price in a rush must not. */
const EVERY_MS = 1_000

/** The window's title while the page is shown. */
export function useTitle(title: string | undefined): void {
  const shown = useCalm(title, EVERY_MS)
  useEffect(() => {
    document.title = shown ? `${shown} · ${NAME}` : NAME
  }, [shown])
}
