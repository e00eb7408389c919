import { expect, test } from 'vitest';
import { setUpErrors } from './setUp';

const COMPLETE = {
  organisation_name: 'Acme Repairs',
  time_zone: 'Europe/London',
  currency: 'GBP',
  first_name: 'Ann',
  last_name: 'Archer',
  email: ' ann@example.com ',
  password: 'twelve chars',
};

test('a complete choice has no errors', () => {
  expect(setUpErrors(COMPLETE)).toEqual({});
});

test.each([
  ['organisation_name', '   '],
  ['first_name', ''],
  ['last_name', ' '],
  ['email', 'ann'],
  ['email', 'ann archer@example.com'],
  ['password', 'eleven char'],
  ['password', '🔑'.repeat(11)],
])('%s cannot be "%s"', (field, value) => {
  expect(Object.keys(setUpErrors({ ...COMPLETE, [field]: value }))).toEqual([field]);
});
