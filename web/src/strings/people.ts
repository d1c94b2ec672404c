import { people } from './en.people'
import { translator } from './translator'

/** The words about people and how they were rated. */
export const p = translator(people)
