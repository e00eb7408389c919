import { useMemo, useState, type ReactNode } from 'react';

export interface GridColumn<Row> {
  id: string;
  /** What the column is called in menus, and in its head unless `head` is given. */
  name: string;
  head?: ReactNode;
  /** Width in pixels before anybody changes it. */
  size: number;
  minSize?: number;
  align?: 'end';
  /** What the server is asked to sort by; absent when it cannot. */
  sort?: string;
  /** Takes the width that the others leave. */
  grows?: boolean;
  /** Not shown until somebody asks for it. */
  isExtra?: boolean;
  /** Cannot be hidden. */
  isFixed?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface GridColumns<Row> {
  all: readonly GridColumn<Row>[];
  shown: readonly GridColumn<Row>[];
  widthOf: (column: GridColumn<Row>) => number;
  isShown: (column: GridColumn<Row>) => boolean;
  show: (column: GridColumn<Row>, shown: boolean) => void;
  resize: (column: GridColumn<Row>, width: number) => void;
  reset: () => void;
  isChanged: boolean;
}

interface Kept {
  widths: Record<string, number>;
  shown: Record<string, boolean>;
}

const MIN_SIZE = 36;
const MAX_SIZE = 800;

function read(store: string): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(store) ?? '{}') as Partial<Kept>;
    return { widths: kept.widths ?? {}, shown: kept.shown ?? {} };
  } catch {
    // Written by hand or cut off: the usual columns are better than none.
    return { widths: {}, shown: {} };
  }
}

/** The columns of a list, with widths and choices that this browser remembers under `store`. */
export function useGridColumns<Row>(store: string, all: readonly GridColumn<Row>[]): GridColumns<Row> {
  const [kept, setKept] = useState(() => read(store));

  function keep(change: (previous: Kept) => Kept): void {
    setKept((previous) => {
      const next = change(previous);
      localStorage.setItem(store, JSON.stringify(next));
      return next;
    });
  }

  const isShown = (column: GridColumn<Row>) => kept.shown[column.id] ?? column.isExtra !== true;
  const shown = useMemo(
    () => all.filter((column) => kept.shown[column.id] ?? column.isExtra !== true),
    [all, kept.shown],
  );
  return {
    all,
    shown,
    widthOf: (column) => kept.widths[column.id] ?? column.size,
    isShown,
    show: (column, isOn) =>
      keep((previous) => ({ ...previous, shown: { ...previous.shown, [column.id]: isOn } })),
    resize: (column, width) => {
      const fitting = Math.min(MAX_SIZE, Math.max(column.minSize ?? MIN_SIZE, Math.round(width)));
      keep((previous) => ({ ...previous, widths: { ...previous.widths, [column.id]: fitting } }));
    },
    reset: () => keep(() => ({ widths: {}, shown: {} })),
    isChanged: Object.keys(kept.widths).length > 0 || Object.keys(kept.shown).length > 0,
  };
}
