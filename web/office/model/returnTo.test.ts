import { expect, it } from 'vitest';
import { safeReturnTo } from './returnTo';

it('keeps paths within the app', () => {
  expect(safeReturnTo('/jobs?status=1,4#top')).toBe('/jobs?status=1,4#top');
  expect(safeReturnTo('/jobs/550e8400-e29b-41d4-a716-446655440000')).toBe(
    '/jobs/550e8400-e29b-41d4-a716-446655440000',
  );
});

it.each([
  undefined,
  '',
  'https://example.com',
  '//example.com',
  '/\\example.com',
  '\\\\example.com',
  '/\t/example.com',
  '/.//example.com',
  'javascript:alert(1)',
  'jobs',
  '/',
  '/sign-in?to=/jobs',
])('leads home from %j', (to) => {
  expect(safeReturnTo(to)).toBe('/jobs');
});
