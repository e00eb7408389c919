// What the address of the jobs list can say: filter, sort and the open peek.
import type { JobFilter, JobSort, Stage } from '../../shared/api/types';
import { STAGES } from '../../shared/status';
import { addDays, isLocalDate, weekOf, type LocalDate } from '../../shared/tz';

export type When = 'today' | 'tomorrow' | 'this-week' | 'next-week';
export type SortBy = JobSort['by'];

export const WHENS: readonly { id: When; name: string }[] = [
  { id: 'today', name: 'today' },
  { id: 'tomorrow', name: 'tomorrow' },
  { id: 'this-week', name: 'this week' },
  { id: 'next-week', name: 'next week' },
];
const SORTS: readonly SortBy[] = [
  'created_at',
  'updated_at',
  'reference',
  'priority',
  'status',
  'scheduled_at',
  'title',
];

export interface JobsFilterSearch {
  q?: string;
  status?: number[];
  stage?: Stage[];
  priority?: number[];
  type?: number[];
  branch?: number[];
  lead?: number[];
  contractor?: number[];
  agent?: number[];
  unassigned?: true;
  pinned?: true;
  photos?: true;
  documents?: true;
  /** A window that moves with the calendar; excludes `from` and `to`. */
  when?: When;
  from?: LocalDate;
  to?: LocalDate;
}

export interface JobsListSearch extends JobsFilterSearch {
  /** A column, with `-` in front when it descends. Absent means newest first. */
  sort?: SortBy | `-${SortBy}`;
}

export interface JobsSearch extends JobsListSearch {
  /** The job in the side panel. */
  peek?: string;
}

const ID_FILTERS = ['status', 'priority', 'type', 'branch', 'lead', 'contractor', 'agent'] as const;
export const FLAG_FILTERS = ['unassigned', 'pinned', 'photos', 'documents'] as const;
export type FlagFilter = (typeof FLAG_FILTERS)[number];

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function words(value: unknown): string[] {
  const list = Array.isArray(value) ? value : String(value ?? '').split(',');
  return [...new Set(list.map((item) => String(item).trim()))].filter((item) => item !== '');
}

/** Reads an address. What makes no sense is dropped: an old link still opens the list. */
export function parseJobsSearch(raw: Record<string, unknown>): JobsSearch {
  const search: JobsSearch = {};

  const q = String(raw['q'] ?? '').trim();
  if (q !== '') search.q = q;

  for (const key of ID_FILTERS) {
    const ids = words(raw[key]).map(Number);
    const valid = ids.filter((id) => Number.isSafeInteger(id) && id > 0);
    if (valid.length > 0) search[key] = valid;
  }
  for (const key of FLAG_FILTERS) {
    if (raw[key] === true || raw[key] === '1' || raw[key] === 1) search[key] = true;
  }

  const stages = STAGES.map((stage) => stage.id).filter((id) => words(raw['stage']).includes(id));
  if (stages.length > 0) search.stage = stages;

  const when = WHENS.find((option) => option.id === raw['when']);
  if (when !== undefined) {
    search.when = when.id;
  } else {
    const [from, to] = [String(raw['from'] ?? ''), String(raw['to'] ?? '')];
    if (isLocalDate(from)) search.from = from;
    if (isLocalDate(to) && !(isLocalDate(from) && to < from)) search.to = to;
  }

  const sort = String(raw['sort'] ?? '');
  if (SORTS.some((by) => by === sort.replace(/^-/, ''))) search.sort = sort as `-${SortBy}`;

  const peek = String(raw['peek'] ?? '');
  if (UUID.test(peek)) search.peek = peek;
  return search;
}

/** Reads the part after `?`: flat, readable, and the same for every screen. */
export function parseQueryString(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Writes what `parseQueryString` reads: lists with commas, flags as 1, nothing for what is not set. */
export function writeQueryString(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === false || value === '') continue;
    parameters.set(key, value === true ? '1' : Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = parameters.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}

/** What decides which jobs are listed and in which order: everything but the peek. */
export function listPart({ peek: _peek, ...list }: JobsSearch): JobsListSearch {
  return list;
}

/** Whether anything narrows the list. */
export function isFiltered(search: JobsSearch): boolean {
  const { sort: _sort, ...filter } = listPart(search);
  return Object.keys(filter).length > 0;
}

/** The dates of a moving window, both included. The week starts on Monday. */
export function windowOf(when: When, today: LocalDate): { from: LocalDate; to: LocalDate } {
  if (when === 'today') return { from: today, to: today };
  if (when === 'tomorrow') return { from: addDays(today, 1), to: addDays(today, 1) };
  return weekOf(when === 'this-week' ? today : addDays(today, 7));
}

/** What the server is asked for. `today` is the date in the organisation's zone. */
export function filterOf(search: JobsSearch, today: LocalDate): JobFilter {
  const filter: JobFilter = {};
  if (search.q !== undefined) filter.search = search.q;
  if (search.stage !== undefined) filter.stages = search.stage;
  if (search.status !== undefined) filter.status_ids = search.status;
  if (search.priority !== undefined) filter.priority_ids = search.priority;
  if (search.type !== undefined) filter.job_type_ids = search.type;
  if (search.branch !== undefined) filter.branch_ids = search.branch;
  if (search.lead !== undefined) filter.lead_ids = search.lead;
  if (search.contractor !== undefined) filter.contractor_ids = search.contractor;
  if (search.agent !== undefined) filter.agent_ids = search.agent;
  if (search.unassigned) filter.unassigned = true;
  if (search.pinned) filter.pinned = true;
  if (search.photos) filter.has_photos = true;
  if (search.documents) filter.has_documents = true;
  const dates = search.when === undefined ? search : windowOf(search.when, today);
  if (dates.from !== undefined) filter.date_from = dates.from;
  if (dates.to !== undefined) filter.date_to = dates.to;
  return filter;
}

/** The order that the server is asked for. */
export function sortOf(search: JobsSearch): JobSort {
  if (search.sort === undefined) return { by: 'created_at', direction: 'desc' };
  const descends = search.sort.startsWith('-');
  return { by: search.sort.replace(/^-/, '') as SortBy, direction: descends ? 'desc' : 'asc' };
}

/** The address part for an order, absent for the usual one. */
function sortSearch(by: SortBy, direction: JobSort['direction']): JobsListSearch {
  if (by === 'created_at' && direction === 'desc') return {};
  return { sort: direction === 'desc' ? `-${by}` : by };
}

/** The next order after a click on a column: its natural direction, the other one, then the usual order. */
export function nextSort(search: JobsSearch, by: SortBy): JobsListSearch {
  // People look for the newest change first, but for the next appointment, A, and rank 1 (the most urgent).
  const natural = by === 'created_at' || by === 'updated_at' ? 'desc' : 'asc';
  const opposite = natural === 'asc' ? 'desc' : 'asc';
  const now = sortOf(search);
  if (now.by !== by) return sortSearch(by, natural);
  if (now.direction === natural) return sortSearch(by, opposite);
  return {};
}
