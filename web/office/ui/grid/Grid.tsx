import { useVirtualizer } from '@tanstack/react-virtual';
import {
  memo,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
  type Ref,
} from 'react';
import classes from './grid.module.css';
import type { GridColumn, GridColumns } from './useGridColumns';

const HEAD_HEIGHT = 32;
const OVERSCAN = 6;
const RANGE_MS = 80;
const RESIZE_STEP = 16;
const CHECK_WIDTH = 36;

export interface GridHandle {
  /** Bring a row into view, with the least movement. */
  scrollTo: (index: number) => void;
  focus: () => void;
}

export interface GridSort {
  by: string;
  direction: 'asc' | 'desc';
}

interface Props<Row> {
  ref?: Ref<GridHandle>;
  label: string;
  columns: GridColumns<Row>;
  ids: readonly number[];
  /** Names the list: another one starts at `scrollTop` again. */
  listKey: string;
  scrollTop: number;
  onScrolled: (scrollTop: number) => void;
  useRow: (id: number) => Row | null | undefined;
  rowName: (row: Row) => string;
  rowHeight: number;
  /** Draws a row for a narrow screen instead of columns. */
  card: ((row: Row) => ReactNode) | null;
  cursor: number | null;
  selected: ReadonlySet<number>;
  sort: GridSort;
  onSort: (by: string) => void;
  /** The rows on screen, both included; told a few times a second while scrolling. */
  onRange: (first: number, last: number) => void;
  /** A click on a row; `action` is the `data-action` of what was hit, if any. */
  onRowClick: (id: number, action: string | undefined, event: MouseEvent) => void;
  onRowHover: (id: number) => void;
  onSelectAll: () => void;
  isBusy: boolean;
}

/** The widths as CSS variables: a drag of an edge changes these and draws no row anew. */
function measures<Row>(columns: GridColumns<Row>, rowHeight: number, isCard: boolean): CSSProperties {
  const tracks = columns.shown.map((column) => {
    const width = `${columns.widthOf(column)}px`;
    return column.grows === true ? `minmax(${width}, 1fr)` : width;
  });
  const least = columns.shown.reduce((sum, column) => sum + columns.widthOf(column), CHECK_WIDTH);
  return {
    '--columns': isCard ? 'minmax(0, 1fr)' : `${CHECK_WIDTH}px ${tracks.join(' ')}`,
    '--least': isCard ? '0' : `${least}px`,
    '--row': `${rowHeight}px`,
  } as CSSProperties;
}

/**
 * A list of any length: only the rows on screen exist.
 *
 * The keys are handled by the screen; the grid tells assistive technology which row they act on.
 */
export function Grid<Row>(props: Props<Row>) {
  const { columns, ids, cursor, selected, rowHeight, sort, card } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollPaddingEnd: HEAD_HEIGHT,
    getItemKey: (index) => ids[index] ?? index,
    initialOffset: props.scrollTop,
  });
  const items = virtualizer.getVirtualItems();

  useImperativeHandle(props.ref, () => ({
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
    focus: () => scroller.current?.focus({ preventScroll: true }),
  }));

  // Another density: the heights are measured anew.
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  // Only another list moves the view: the place within one is the reader's.
  const { listKey, scrollTop } = props;
  const wantedTop = useRef(scrollTop);
  useLayoutEffect(() => {
    wantedTop.current = scrollTop;
  });
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: wantedTop.current });
  }, [listKey]);

  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  const { onRange } = props;
  const latestRange = useRef(onRange);
  useEffect(() => {
    latestRange.current = onRange;
  });
  const toldAt = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, toldAt.current + RANGE_MS - performance.now());
    const timer = setTimeout(() => {
      toldAt.current = performance.now();
      latestRange.current(first, last);
    }, wait);
    return () => clearTimeout(timer);
  }, [first, last, listKey]);

  const style = measures(columns, rowHeight, card !== null);

  // Rows are drawn into slots that are used again: scrolling changes words instead of making and breaking nodes.
  const slots = 16 * Math.ceil((items.length + 1) / 16);

  const hover = useRef<ReturnType<typeof setTimeout>>(undefined);

  function rowAt(target: EventTarget): number | null {
    const row = (target as Element).closest<HTMLElement>('[data-id]');
    return row === null ? null : Number(row.dataset['id']);
  }

  function onClick(event: MouseEvent): void {
    const id = rowAt(event.target);
    if (id === null) return;
    const hit = (event.target as Element).closest<HTMLElement>('[data-action]');
    props.onRowClick(id, hit?.dataset['action'], event);
  }

  function onPointerOver(event: PointerEvent): void {
    const id = event.pointerType === 'mouse' ? rowAt(event.target) : null;
    clearTimeout(hover.current);
    // A pointer on its way across the list asks for nothing.
    if (id !== null) hover.current = setTimeout(() => props.onRowHover(id), 90);
  }

  const allChosen = ids.length > 0 && selected.size === ids.length;
  return (
    <div
      ref={scroller}
      className={classes['grid']}
      style={style}
      role="grid"
      aria-label={props.label}
      aria-rowcount={ids.length + (card === null ? 1 : 0)}
      aria-multiselectable
      aria-busy={props.isBusy}
      aria-activedescendant={
        cursor !== null && items.some((item) => ids[item.index] === cursor) ? `row-${cursor}` : undefined
      }
      tabIndex={0}
      onScroll={(event) => props.onScrolled(event.currentTarget.scrollTop)}
      onClick={onClick}
      onPointerOver={onPointerOver}
      onPointerLeave={() => clearTimeout(hover.current)}
    >
      {card === null && (
        <div className={classes['head']} role="row" aria-rowindex={1}>
          <div className={classes['headCell']} role="columnheader">
            <input
              type="checkbox"
              className={classes['check']}
              data-shown
              aria-label="Select all jobs"
              checked={allChosen}
              ref={(box) => {
                if (box !== null) box.indeterminate = selected.size > 0 && !allChosen;
              }}
              onChange={props.onSelectAll}
            />
          </div>
          {columns.shown.map((column) => {
            const isSorted = sort.by === column.sort;
            return (
              <div
                key={column.id}
                className={classes['headCell']}
                role="columnheader"
                data-align={column.align}
                data-column={column.id}
                aria-sort={isSorted ? (sort.direction === 'asc' ? 'ascending' : 'descending') : undefined}
              >
                {column.sort === undefined ? (
                  <span className={classes['headText']} title={column.name}>
                    {column.head ?? column.name}
                  </span>
                ) : (
                  <button
                    type="button"
                    className={classes['headButton']}
                    data-sorted={isSorted ? sort.direction : undefined}
                    title={`Sort by ${column.name.toLowerCase()} (Shift with ← or → changes the width)`}
                    onClick={() => column.sort !== undefined && props.onSort(column.sort)}
                    onKeyDown={(event) => {
                      if (!event.shiftKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight'))
                        return;
                      event.preventDefault();
                      const step = event.key === 'ArrowLeft' ? -RESIZE_STEP : RESIZE_STEP;
                      columns.resize(column, columns.widthOf(column) + step);
                    }}
                  >
                    <span>{column.head ?? column.name}</span>
                  </button>
                )}
                <Edge width={columns.widthOf(column)} onResize={(width) => columns.resize(column, width)} />
              </div>
            );
          })}
        </div>
      )}
      <div role="rowgroup" className={classes['body']} style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const id = ids[item.index];
          if (id === undefined) return null;
          return (
            <GridRow
              key={item.index % slots}
              id={id}
              index={item.index}
              top={item.start}
              columns={columns.shown as readonly GridColumn<unknown>[]}
              useRow={props.useRow}
              rowName={props.rowName as (row: unknown) => string}
              card={card as ((row: unknown) => ReactNode) | null}
              isCursor={id === cursor}
              isSelected={selected.has(id)}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The edge of a column: dragged, it changes the width. */
function Edge({ width, onResize }: { width: number; onResize: (width: number) => void }) {
  const grabbed = useRef<{ x: number; width: number } | null>(null);
  const [isGrabbed, setGrabbed] = useState(false);
  return (
    <span
      className={classes['edge']}
      data-resizing={isGrabbed || undefined}
      aria-hidden
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        grabbed.current = { x: event.clientX, width };
        setGrabbed(true);
      }}
      onPointerMove={(event) => {
        const from = grabbed.current;
        if (from !== null) onResize(from.width + event.clientX - from.x);
      }}
      onLostPointerCapture={() => {
        grabbed.current = null;
        setGrabbed(false);
      }}
    />
  );
}

interface RowProps {
  id: number;
  index: number;
  top: number;
  columns: readonly GridColumn<unknown>[];
  useRow: (id: number) => unknown;
  rowName: (row: unknown) => string;
  card: ((row: unknown) => ReactNode) | null;
  isCursor: boolean;
  isSelected: boolean;
}

const GridRow = memo(function GridRow({
  id,
  index,
  top,
  columns,
  useRow,
  rowName,
  card,
  ...state
}: RowProps) {
  const row = useRow(id);
  const content = (): ReactNode => {
    if (row === null) {
      return (
        <div role="gridcell" className={classes['gone']}>
          You can no longer see this job.
        </div>
      );
    }
    if (card !== null) {
      return (
        <div role="gridcell" className={classes['card']}>
          {row === undefined ? <span className={classes['bone']} /> : card(row)}
        </div>
      );
    }
    return (
      <>
        <div role="gridcell" className={classes['cell']}>
          {row !== undefined && (
            <input
              type="checkbox"
              className={classes['check']}
              data-action="select"
              tabIndex={-1}
              aria-label={`Select ${rowName(row)}`}
              checked={state.isSelected}
              readOnly
            />
          )}
        </div>
        {columns.map((column) => (
          <div
            key={column.id}
            role="gridcell"
            className={classes['cell']}
            data-align={column.align}
            data-column={column.id}
          >
            {row === undefined ? <span className={classes['bone']} /> : column.cell(row)}
          </div>
        ))}
      </>
    );
  };
  return (
    <div
      id={`row-${id}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={state.isSelected}
      data-id={id}
      data-cursor={state.isCursor || undefined}
      className={classes['row']}
      style={{ transform: `translateY(${top}px)` }}
    >
      {content()}
    </div>
  );
});

/** The shape of a list whose rows are not known yet: the same places, so that nothing moves when they come. */
export function GridSkeleton<Row>({
  columns,
  rowHeight,
  isCard,
}: {
  columns: GridColumns<Row>;
  rowHeight: number;
  isCard: boolean;
}) {
  const style = measures(columns, rowHeight, isCard);
  return (
    <div className={classes['grid']} style={style} role="status" aria-label="Loading jobs" data-still>
      {!isCard && (
        <div className={classes['head']}>
          <div />
          {columns.shown.map((column) => (
            <div key={column.id} className={classes['headCell']} data-align={column.align}>
              <span className={classes['headText']}>{column.head ?? column.name}</span>
            </div>
          ))}
        </div>
      )}
      <div className={classes['body']}>
        {Array.from({ length: 24 }, (_, index) => (
          <div
            key={index}
            className={classes['row']}
            style={{ transform: `translateY(${index * rowHeight}px)` }}
          >
            {isCard ? (
              <div className={classes['card']}>
                <span className={classes['bone']} />
              </div>
            ) : (
              <>
                <div />
                {columns.shown.map((column) => (
                  <div key={column.id} className={classes['cell']} data-align={column.align}>
                    <span className={classes['bone']} />
                  </div>
                ))}
              </>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}
