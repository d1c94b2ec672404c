import { staff } from './en.staff'
import { translator } from './translator'

/** The words of the staff's pages. */
export const s = translator(staff)
