import { expect, test } from 'vitest';
import { passwordError } from './password';

test.each(['twelve chars', '🔑'.repeat(12)])('"%s" is long enough', (password) => {
  expect(passwordError(password)).toBeUndefined();
});

test.each(['', 'eleven char', '🔑'.repeat(11)])('"%s" is too short', (password) => {
  expect(passwordError(password)).toBe('Use at least 12 characters.');
});
