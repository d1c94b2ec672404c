import { en } from './en'

/** One text of the catalogue: plain, or by plural category of its `{n}`. */
export type Text = string | Readonly<{ one: string; other: string }>

type Catalogue = typeof en
export type Key = keyof Catalogue

type Holes<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never
export type HolesOf<T> = T extends string
  ? Holes<T>
  : T extends { other: infer Other }
    ? Holes<Other> | 'n'
    : never
type Values<K extends Key> = Record<HolesOf<Catalogue[K]>, string | number>
type Args<K extends Key> = [HolesOf<Catalogue[K]>] extends [never] ? [] : [values: Values<K>]

/** The language of texts, numbers, money and dates; one place for when there are more. */
export const LOCALE = 'en'

const plurals = new Intl.PluralRules(LOCALE)
const numbers = new Intl.NumberFormat(LOCALE)

/** The text of `key` with its `{holes}` filled; `n` chooses the plural. Types tell which values a text needs. */
export function t<K extends Key>(key: K, ...args: Args<K>): string {
  const values = (args[0] ?? {}) as Record<string, string | number>
  return fill(en[key], values)
}

/** As `t`, for texts that stand outside the catalogue (tests). */
export function fill(text: Text, values: Record<string, string | number>): string {
  const chosen =
    typeof text === 'string' ? text : text[plurals.select(Number(values.n)) === 'one' ? 'one' : 'other']
  return chosen.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name]
    if (value === undefined) return hole
    return typeof value === 'number' ? numbers.format(value) : value
  })
}
