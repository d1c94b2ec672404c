const STAFF_ROLES: readonly string[] = ['moderator', 'support', 'admin']

interface Person {
  roles: readonly string[]
}

/** Whether the person works for the market. What they may do the server decides, call by call. */
export function isStaff(person: Person | null): boolean {
  return person?.roles.some(role => STAFF_ROLES.includes(role)) ?? false
}

/** Whether the person may set things going again, not only look. */
export const isAdmin = (person: Person | null): boolean => person?.roles.includes('admin') ?? false
