// @vitest-environment happy-dom
import { beforeEach, expect, it } from 'vitest';
import { forgetLists, lastList, listKey, placeOf, rememberList, rememberPlace } from './listMemory';
import { toggle } from './selection';

beforeEach(forgetLists);

it('remembers a place for each list, part by part', () => {
  rememberPlace({ status: [1] }, { scrollTop: 720 });
  rememberPlace({ status: [1] }, { cursor: 5, selection: toggle(placeOf({}).selection, 5) });
  expect(placeOf({ status: [1] })).toMatchObject({ scrollTop: 720, cursor: 5 });
  expect(placeOf({ status: [2] })).toMatchObject({ scrollTop: 0, cursor: null });
});

it('forgets the oldest lists', () => {
  for (let id = 1; id <= 40; id += 1) rememberPlace({ status: [id] }, { scrollTop: id });
  expect(placeOf({ status: [1] }).scrollTop).toBe(0);
  expect(placeOf({ status: [40] }).scrollTop).toBe(40);
});

it('keeps the last list over a reload', () => {
  expect(lastList()).toBeNull();
  rememberList({ q: 'leak', sort: '-title' });
  expect(lastList()).toEqual({ q: 'leak', sort: '-title' });
});

it('names lists by filter and order', () => {
  expect(listKey({ status: [1, 2], sort: 'title' })).toBe('?status=1,2&sort=title');
});
