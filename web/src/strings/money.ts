import { money } from './en.money'
import { translator } from './translator'

/** The words of orders, checkout and wallet. */
export const m = translator(money)
