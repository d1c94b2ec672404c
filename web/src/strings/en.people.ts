import type { Text } from './t'

/** Every word about people and how they were rated. They come with the pages that show it. */
export const people = {
  'rated.average': 'Rated {average} of 5',
  'rated.stars': { one: '{n} star of 5', other: '{n} stars of 5' },
  'rated.count': { one: '{n} rating', other: '{n} ratings' },
  'rated.none': 'No ratings yet',
  'rated.bar': '{stars} stars: {n}',

  'person.since': 'Member since {day}',
  'person.email': 'E-mail verified',
  'person.phone': 'Phone verified',
  'person.ratings': 'What people say',
  'person.empty': 'No ratings yet',
  'person.emptyLead':
    'Buyer and seller rate each other after a sale. Both see it once both have, or after two weeks.',
  'person.bought': 'Bought: {title}',
  'person.sold': 'Sold: {title}',
  'person.selling': 'For sale now',
  'person.nothing': '{name} has nothing for sale at the moment.',
  'person.you': 'This is how others see you.',
} as const satisfies Record<string, Text>
