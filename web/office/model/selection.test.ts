import { describe, expect, it } from 'vitest';
import { extend, keepListed, NOTHING_SELECTED, selectAll, toggle } from './selection';

const ORDER = [10, 20, 30, 40, 50, 60];
const ids = (selection: { ids: ReadonlySet<number> }) => [...selection.ids].sort((a, b) => a - b);

describe('toggle', () => {
  it('chooses, lets go, and makes the row the anchor', () => {
    const one = toggle(NOTHING_SELECTED, 20);
    expect(ids(one)).toEqual([20]);
    expect(one.anchor).toBe(20);
    expect(ids(toggle(one, 20))).toEqual([]);
  });

  it('changes nothing that was there before', () => {
    toggle(NOTHING_SELECTED, 20);
    expect(NOTHING_SELECTED.ids.size).toBe(0);
  });
});

describe('extend', () => {
  it('grows from the anchor, shrinks, and turns to the other side', () => {
    const anchored = toggle(NOTHING_SELECTED, 30);
    const grown = extend(anchored, ORDER, 50);
    expect(ids(grown)).toEqual([30, 40, 50]);
    const shrunk = extend(grown, ORDER, 40);
    expect(ids(shrunk)).toEqual([30, 40]);
    expect(ids(extend(shrunk, ORDER, 10))).toEqual([10, 20, 30]);
  });

  it('keeps rows that were chosen one by one', () => {
    const both = toggle(toggle(NOTHING_SELECTED, 60), 20);
    const grown = extend(both, ORDER, 40);
    expect(ids(grown)).toEqual([20, 30, 40, 60]);
    expect(ids(extend(grown, ORDER, 20))).toEqual([20, 60]);
  });

  it('starts at the row of the keys when nothing is chosen yet', () => {
    expect(ids(extend(NOTHING_SELECTED, ORDER, 30, 20))).toEqual([20, 30]);
  });

  it('starts anew when the anchor has left the list', () => {
    const gone = toggle(NOTHING_SELECTED, 99);
    expect(ids(extend(gone, ORDER, 30, 20))).toEqual([20, 30, 99]);
  });

  it('ignores a row that is not in the list', () => {
    const anchored = toggle(NOTHING_SELECTED, 30);
    expect(extend(anchored, ORDER, 99)).toBe(anchored);
  });
});

it('chooses every match', () => {
  expect(ids(selectAll(ORDER))).toEqual(ORDER);
});

it('forgets rows that a filter has taken away', () => {
  const chosen = extend(toggle(NOTHING_SELECTED, 20), ORDER, 40);
  expect(keepListed(chosen, ORDER)).toBe(chosen);
  const kept = keepListed(chosen, [30, 40]);
  expect(ids(kept)).toEqual([30, 40]);
  expect(kept.anchor).toBeNull();
});
