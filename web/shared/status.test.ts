import { expect, it } from 'vitest';
import { hasBegun, priorityBars, STAGES } from './status';

it('gives the most urgent priority three bars and the least none, however many there are', () => {
  const bars = (ranks: number[]) => ranks.map((rank) => priorityBars(rank, ranks));
  expect(bars([1, 2, 3, 4])).toEqual([3, 2, 1, 0]);
  expect(bars([1, 2])).toEqual([3, 0]);
  expect(bars([10, 20, 30])).toEqual([3, 2, 0]);
  expect(bars([1])).toEqual([0]);
  expect(priorityBars(9, [1, 2])).toBe(0);
});

it('calls only new and assigned work not begun', () => {
  expect(STAGES.filter(({ id }) => !hasBegun(id)).map(({ id }) => id)).toEqual(['new', 'assigned']);
});
