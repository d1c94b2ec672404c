import { fill, type HolesOf, type Text } from './t'

type Args<T> = [HolesOf<T>] extends [never] ? [] : [values: Record<HolesOf<T>, string | number>]

/** As `t`, for a catalogue of its own: one that comes with the pages that speak it, not with the first load. */
export function translator<const Catalogue extends Record<string, Text>>(catalogue: Catalogue) {
  return <K extends keyof Catalogue & string>(key: K, ...args: Args<Catalogue[K]>): string =>
    fill(catalogue[key] as Text, (args[0] ?? {}) as Record<string, string | number>)
}
