const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'
const [END, NUMBERS, LETTERS, BYTES, ENCODING] = [0, 1, 2, 4, 7]
/** From this version on, counts are longer. */
const LONGER_FROM = 10

/** What the data say; null when they are of a kind that we do not read. */
export function textOf(data: readonly number[], version: number): string | null {
  let at = 0
  const left = () => data.length * 8 - at
  const take = (bits: number) => {
    let value = 0
    for (let i = 0; i < bits; i += 1, at += 1)
      value = (value << 1) | (((data[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    return value
  }
  const isLonger = version >= LONGER_FROM
  let text = ''
  while (left() >= 4) {
    const kind = take(4)
    if (kind === END) break
    if (kind === ENCODING) {
      // Which letters the bytes mean: all that we make are UTF-8.
      take(8)
    } else if (kind === NUMBERS) {
      let count = take(isLonger ? 12 : 10)
      for (; count >= 3; count -= 3) text += String(take(10)).padStart(3, '0')
      if (count > 0) text += String(take(count === 2 ? 7 : 4)).padStart(count, '0')
    } else if (kind === LETTERS) {
      let count = take(isLonger ? 11 : 9)
      for (; count >= 2; count -= 2) {
        const pair = take(11)
        text += (ALPHANUMERIC[Math.floor(pair / 45)] ?? '') + (ALPHANUMERIC[pair % 45] ?? '')
      }
      if (count > 0) text += ALPHANUMERIC[take(6)] ?? ''
    } else if (kind === BYTES) {
      const count = take(isLonger ? 16 : 8)
      if (count * 8 > left()) return null
      text += new TextDecoder().decode(Uint8Array.from({ length: count }, () => take(8)))
    } else return null
  }
  return text === '' ? null : text
}
