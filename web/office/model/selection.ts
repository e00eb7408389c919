/** Which rows are chosen, by id, and where a range grows from. */
export interface Selection {
  readonly ids: ReadonlySet<number>;
  /** The row that `Shift` ranges start at; null before the first choice. */
  readonly anchor: number | null;
  /** The range last laid from the anchor, by ids: the next one replaces it. */
  readonly range: readonly number[];
}

export const NOTHING_SELECTED: Selection = { ids: new Set(), anchor: null, range: [] };

/** Choose a row or let it go; ranges start here from now on. */
export function toggle(selection: Selection, id: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id, range: [] };
}

/**
 * Choose everything between the anchor and a row, both included.
 *
 * The range grows and shrinks: rows of the last range that the new one leaves out are let go, while rows chosen
 * one by one stay. Without an anchor in the list the range starts at `from`.
 */
export function extend(
  selection: Selection,
  order: readonly number[],
  to: number,
  from: number = to,
): Selection {
  const anchored = selection.anchor === null ? -1 : order.indexOf(selection.anchor);
  const anchor = anchored < 0 ? from : (selection.anchor ?? from);
  const start = anchored < 0 ? order.indexOf(from) : anchored;
  const end = order.indexOf(to);
  if (start < 0 || end < 0) return selection;

  const range = order.slice(Math.min(start, end), Math.max(start, end) + 1);
  const ids = new Set(selection.ids);
  for (const id of selection.range) ids.delete(id);
  for (const id of range) ids.add(id);
  return { ids, anchor, range };
}

/** Choose every match, also those never scrolled to. */
export function selectAll(order: readonly number[]): Selection {
  return { ids: new Set(order), anchor: order[0] ?? null, range: [] };
}

/** Forget chosen rows that are not in the list any more. The same object comes back when nothing changes. */
export function keepListed(selection: Selection, order: readonly number[]): Selection {
  if (selection.ids.size === 0) return selection;
  const listed = new Set(order);
  const ids = new Set([...selection.ids].filter((id) => listed.has(id)));
  if (ids.size === selection.ids.size) return selection;
  const anchor = selection.anchor !== null && listed.has(selection.anchor) ? selection.anchor : null;
  return { ids, anchor, range: selection.range.filter((id) => listed.has(id)) };
}
