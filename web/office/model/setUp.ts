import type { SetUpChoice } from '../api/setUp';
import { passwordError } from './password';

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
  const password = passwordError(choice.password);
  if (password !== undefined) errors.password = password;
  return errors;
}
