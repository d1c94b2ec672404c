import { useState } from 'react'

/** Which of several sheets is open. */
export function useSheet<Name extends string>() {
  const [shown, setShown] = useState<Name | null>(null)
  return {
    open: (name: Name) => setShown(name),
    props: (name: Name) => ({ isOpen: shown === name, onClose: () => setShown(null) }),
  }
}
