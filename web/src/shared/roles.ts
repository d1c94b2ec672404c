const STAFF_ROLES: readonly string[] = ['moderator', 'support', 'admin']

/** Whether the person works for the market. What they may do the server decides, call by call. */
export function isStaff(person: { roles: readonly string[] } | null): boolean {
  return person?.roles.some(role => STAFF_ROLES.includes(role)) ?? false
}
