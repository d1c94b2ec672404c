/** What an invoice's file is called: its number, without what a file system could take amiss. */
export function invoiceName(number: string): string {
  return `invoice-${number.replace(/[^\p{L}\p{N}-]+/gu, '-')}.pdf`
}
