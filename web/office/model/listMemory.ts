// What the jobs list remembers within this browser tab, so that Back finds it as it was left.
import { writeQueryString, type JobsListSearch } from './jobSearch';
import { NOTHING_SELECTED, type Selection } from './selection';

export interface ListPlace {
  scrollTop: number;
  /** The row that the keys act on. */
  cursor: number | null;
  selection: Selection;
}

const KEPT = 20;
const STORE = 'firstfix.jobs.list';
const places = new Map<string, ListPlace>();

/** Names a list: the same filter and order give the same key. */
export function listKey(search: JobsListSearch): string {
  return writeQueryString(search as Record<string, unknown>);
}

/** Where the reader was in a list, or its beginning. */
export function placeOf(search: JobsListSearch): ListPlace {
  return places.get(listKey(search)) ?? { scrollTop: 0, cursor: null, selection: NOTHING_SELECTED };
}

/** Remember where the reader is in a list. */
export function rememberPlace(search: JobsListSearch, place: Partial<ListPlace>): void {
  const key = listKey(search);
  const merged = { ...placeOf(search), ...place };
  places.delete(key);
  places.set(key, merged);
  for (const old of [...places.keys()].slice(0, -KEPT)) places.delete(old);
}

/** Remember which list was on screen last: the job page walks through it, also after a reload. */
export function rememberList(search: JobsListSearch): void {
  sessionStorage.setItem(STORE, JSON.stringify(search));
}

/** The list that was on screen last in this tab, or null. Its content is not checked. */
export function lastList(): Record<string, unknown> | null {
  const stored = sessionStorage.getItem(STORE);
  return stored === null ? null : (JSON.parse(stored) as Record<string, unknown>);
}

/** Forget everything: the next person to sign in starts afresh. */
export function forgetLists(): void {
  places.clear();
  sessionStorage.removeItem(STORE);
}
