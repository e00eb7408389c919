// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { choiceSentence } from './ChoiceChip';
import { datesSentence } from './DatesChip';

it('reads a choice as a sentence', () => {
  expect(choiceSentence('Status', ['New'])).toBe('Status is New');
  expect(choiceSentence('Status', ['New', 'Booked'])).toBe('Status is New or Booked');
  expect(choiceSentence('Status', ['New', 'Booked', 'On hold', 'Complete'])).toBe(
    'Status is New, Booked or 2 more',
  );
});

it('reads dates as a sentence', () => {
  expect(datesSentence('Works date', {})).toBeNull();
  expect(datesSentence('Works date', { when: 'this-week' })).toBe('Works date is this week');
  expect(datesSentence('Works date', { from: '2025-04-03', to: '2025-04-03' })).toBe(
    'Works date is 3 Apr 2025',
  );
  expect(datesSentence('Works date', { from: '2025-04-03', to: '2025-05-01' })).toBe(
    'Works date is between 3 Apr 2025 and 1 May 2025',
  );
  expect(datesSentence('Works date', { from: '2025-04-03' })).toBe('Works date is 3 Apr 2025 or later');
  expect(datesSentence('Works date', { to: '2025-04-03' })).toBe('Works date is 3 Apr 2025 or earlier');
});
