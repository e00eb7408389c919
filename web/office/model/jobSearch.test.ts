import { describe, expect, it } from 'vitest';
import {
  filterOf,
  isFiltered,
  nextSort,
  parseJobsSearch,
  parseQueryString,
  sortOf,
  windowOf,
  writeQueryString,
  type JobsSearch,
} from './jobSearch';

const UUID = '550e8400-e29b-41d4-a716-446655440000';
const TODAY = '2025-11-19';
const read = (text: string) => parseJobsSearch(parseQueryString(text));
const write = (search: JobsSearch) => writeQueryString({ ...search });

describe('the address', () => {
  it('comes back as it was written', () => {
    const searches: JobsSearch[] = [
      {},
      { q: 'boiler & hot water, flat 2' },
      {
        status: [1, 4],
        priority: [2],
        stage: ['new', 'assigned'],
        lead: [7],
        unassigned: true,
        pinned: true,
      },
      { type: [1], branch: [2], contractor: [3], agent: [4], photos: true, documents: true },
      { when: 'this-week', sort: '-scheduled_at', peek: UUID },
      { from: '2025-11-01', to: '2025-11-30', sort: 'title' },
    ];
    for (const search of searches) expect(read(write(search))).toEqual(search);
  });

  it('can be read by people', () => {
    expect(write({ status: [1, 4], when: 'today', pinned: true })).toBe('?status=1,4&when=today&pinned=1');
    expect(write({})).toBe('');
  });

  it('drops what makes no sense and keeps the rest', () => {
    expect(
      read('?status=1,x,-2,1.5,9e99,3&priority=&stage=new,done&sort=salary&peek=../me&q=+&foo=1'),
    ).toEqual({
      status: [1, 3],
      stage: ['new'],
    });
    expect(read('?pinned=0&photos=yes')).toEqual({});
  });

  it('does not let two windows of dates contradict each other', () => {
    expect(read('?when=today&from=2025-11-01')).toEqual({ when: 'today' });
    expect(read('?from=2025-11-30&to=2025-11-01')).toEqual({ from: '2025-11-30' });
    expect(read('?from=2025-02-30&to=2025-03-01')).toEqual({ to: '2025-03-01' });
  });

  it('takes typed values from a link within the app as well', () => {
    expect(parseJobsSearch({ status: [1, 4], pinned: true, q: 7 })).toEqual({
      status: [1, 4],
      pinned: true,
      q: '7',
    });
  });
});

describe('the question to the server', () => {
  it('names the fields of the API', () => {
    const search: JobsSearch = {
      q: 'leak',
      status: [1],
      stage: ['new'],
      priority: [2],
      type: [3],
      branch: [4],
      lead: [5],
      contractor: [6],
      agent: [7],
      unassigned: true,
      pinned: true,
      photos: true,
      documents: true,
      from: '2025-11-01',
      to: '2025-11-30',
      sort: '-priority',
      peek: UUID,
    };
    expect(filterOf(search, TODAY)).toEqual({
      search: 'leak',
      status_ids: [1],
      stages: ['new'],
      priority_ids: [2],
      job_type_ids: [3],
      branch_ids: [4],
      lead_ids: [5],
      contractor_ids: [6],
      agent_ids: [7],
      unassigned: true,
      pinned: true,
      has_photos: true,
      has_documents: true,
      date_from: '2025-11-01',
      date_to: '2025-11-30',
    });
    expect(sortOf(search)).toEqual({ by: 'priority', direction: 'desc' });
  });

  it('is newest first when nothing is said', () => {
    expect(filterOf({}, TODAY)).toEqual({});
    expect(sortOf({})).toEqual({ by: 'created_at', direction: 'desc' });
  });

  it('moves a window with the calendar', () => {
    expect(windowOf('today', TODAY)).toEqual({ from: TODAY, to: TODAY });
    expect(windowOf('tomorrow', '2025-12-31')).toEqual({ from: '2026-01-01', to: '2026-01-01' });
    expect(windowOf('this-week', TODAY)).toEqual({ from: '2025-11-17', to: '2025-11-23' });
    expect(windowOf('next-week', TODAY)).toEqual({ from: '2025-11-24', to: '2025-11-30' });
    expect(filterOf({ when: 'today' }, TODAY)).toEqual({ date_from: TODAY, date_to: TODAY });
  });
});

it('tells a narrowed list from one that is only sorted or peeked into', () => {
  expect(isFiltered({ sort: 'title', peek: UUID })).toBe(false);
  expect(isFiltered({ q: 'leak' })).toBe(true);
});

it('goes from a column’s natural order to the other one and back to the usual', () => {
  expect(nextSort({}, 'title')).toEqual({ sort: 'title' });
  expect(nextSort({ sort: 'title' }, 'title')).toEqual({ sort: '-title' });
  expect(nextSort({ sort: '-title' }, 'title')).toEqual({});
  expect(nextSort({ sort: '-title' }, 'updated_at')).toEqual({ sort: '-updated_at' });
});
