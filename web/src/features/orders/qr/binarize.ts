/** A picture in black and white: 1 is dark. */
export interface Bits {
  width: number
  height: number
  dark: Uint8Array
  at(x: number, y: number): boolean
}

/** Half the side of the neighbourhood that a pixel is compared with, as a part of the picture's width. */
const REACH = 1 / 16
/** Dark is what is this much darker than its neighbourhood. */
const DARKER = 0.88

/** Each pixel against the mean round it, so that a shadow over half of the code does no harm. */
export function binarize({ data, width, height }: Pick<ImageData, 'data' | 'width' | 'height'>): Bits {
  const luma = new Uint8Array(width * height)
  for (let i = 0; i < luma.length; i += 1) {
    const [r = 0, g = 0, b = 0] = [data[i * 4], data[i * 4 + 1], data[i * 4 + 2]]
    luma[i] = (r * 77 + g * 151 + b * 28) >> 8
  }
  const stride = width + 1
  const sums = new Float64Array(stride * (height + 1))
  for (let y = 0; y < height; y += 1) {
    let row = 0
    for (let x = 0; x < width; x += 1) {
      row += luma[y * width + x] ?? 0
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] ?? 0) + row
    }
  }
  const reach = Math.max(4, Math.round(width * REACH))
  const dark = new Uint8Array(width * height)
  for (let y = 0; y < height; y += 1) {
    const [top, bottom] = [Math.max(0, y - reach), Math.min(height, y + reach + 1)]
    for (let x = 0; x < width; x += 1) {
      const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)]
      const sum =
        (sums[bottom * stride + right] ?? 0) -
        (sums[top * stride + right] ?? 0) -
        (sums[bottom * stride + left] ?? 0) +
        (sums[top * stride + left] ?? 0)
      const mean = sum / ((bottom - top) * (right - left))
      dark[y * width + x] = (luma[y * width + x] ?? 255) < mean * DARKER ? 1 : 0
    }
  }
  return {
    width,
    height,
    dark,
    at: (x, y) => x >= 0 && y >= 0 && x < width && y < height && dark[y * width + x] === 1,
  }
}
