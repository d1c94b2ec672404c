import { binarize } from './binarize'
import { locate } from './locate'
import { readSymbol } from './symbol'

/** The text of the QR code in a picture; null when there is none that can be read. Versions 1 to 10. */
export function decode(image: Pick<ImageData, 'data' | 'width' | 'height'>): string | null {
  const bits = binarize(image)
  for (const matrix of locate(bits)) {
    const text = readSymbol(matrix)
    if (text !== null) return text
  }
  return null
}
