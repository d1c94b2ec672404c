import { FileText } from 'lucide-react'
import { useState } from 'react'
import { download } from '@/api/download'
import type { Order } from '@/api/orders'
import { m } from '@/strings/money'
import { Button } from '@/ui/Button'
import { wordsFor } from '@/ui/Failure'
import { toast } from '@/ui/toasts'
import { invoiceName } from './names'

/** The invoice as a file. */
export function Invoice({ order, number }: { order: Order; number: string }) {
  const [isBusy, setBusy] = useState(false)
  const fetchIt = () => {
    setBusy(true)
    download(`/v1/orders/${order.id}/invoice.pdf`, invoiceName(number))
      .catch((refusal: unknown) => toast(wordsFor(refusal), 'bad'))
      .finally(() => setBusy(false))
  }
  return (
    <Button look="plain" size="small" className="justify-self-start" busy={isBusy} onClick={fetchIt}>
      <FileText aria-hidden="true" className="size-4" />
      {m('order.invoice', { number })}
    </Button>
  )
}
