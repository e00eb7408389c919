import type { SetUpChoice } from '../api/setUp';

export const SHORTEST_PASSWORD = 12;

export type SetUpErrors = Partial<Record<keyof SetUpChoice, string>>;

/** What is missing, by field, in the words shown beside it. The server has the last word. */
export function setUpErrors(choice: SetUpChoice): SetUpErrors {
  const errors: SetUpErrors = {};
  if (choice.organisation_name.trim() === '')
    errors.organisation_name = 'Enter the name of your organisation.';
  if (choice.first_name.trim() === '') errors.first_name = 'Enter your first name.';
  if (choice.last_name.trim() === '') errors.last_name = 'Enter your last name.';
  if (!/^[^@\s]+@[^@\s]+$/.test(choice.email.trim())) {
    errors.email = 'Enter an e-mail address, such as you@example.com.';
  }
  // Counted as the server counts: a character beyond the basic plane is one.
  if ([...choice.password].length < SHORTEST_PASSWORD) {
    errors.password = `Use at least ${SHORTEST_PASSWORD} characters.`;
  }
  return errors;
}
