const FIRST_MS = 500
const LONGEST_MS = 15_000

/**
 * How long to wait before the next attempt: full jitter, so that a crowd cut off together does not come back
 * together. `failures` counts from 1; `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)))
}
