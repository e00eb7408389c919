export const SHORTEST_PASSWORD = 12;

/** What is wrong with a new password, in the words shown beside it. The server has the last word. */
export function passwordError(password: string): string | undefined {
  // Counted as the server counts: a character beyond the basic plane is one.
  if ([...password].length >= SHORTEST_PASSWORD) return undefined;
  return `Use at least ${SHORTEST_PASSWORD} characters.`;
}
