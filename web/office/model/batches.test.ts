import { expect, it } from 'vitest';
import { BATCH_SIZE, batchesFor, batchIds, inBatches } from './batches';

const ids = Array.from({ length: 450 }, (_, index) => 1000 + index);

it('asks for the batches that hold the rows on screen', () => {
  expect(batchesFor(0, 30, 450)).toEqual([0]);
  expect(batchesFor(190, 210, 450)).toEqual([0, 1]);
  expect(batchesFor(399, 399, 450)).toEqual([1]);
  expect(batchesFor(400, 449, 450)).toEqual([2]);
});

it('stays within the list', () => {
  expect(batchesFor(-60, 20, 450)).toEqual([0]);
  expect(batchesFor(440, 900, 450)).toEqual([2]);
  expect(batchesFor(600, 900, 450)).toEqual([]);
  expect(batchesFor(0, -1, 450)).toEqual([]);
  expect(batchesFor(0, 20, 0)).toEqual([]);
});

it('cuts every id into exactly one batch', () => {
  const pieces = inBatches(ids);
  expect(pieces.map((piece) => piece.length)).toEqual([BATCH_SIZE, BATCH_SIZE, 50]);
  expect(pieces.flat()).toEqual(ids);
  expect(batchIds(ids, 2)).toEqual(ids.slice(400));
  expect(inBatches([])).toEqual([]);
});
