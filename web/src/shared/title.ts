import { useEffect } from 'react'

const NAME = 'Outcry'

/** The window's title while the page is shown. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · ${NAME}` : NAME
  }, [title])
}
