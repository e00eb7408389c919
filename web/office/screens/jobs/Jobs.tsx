import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconAlertTriangle, IconFilterOff, IconInbox } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type MouseEvent } from 'react';
import type { JobRow } from '../../../shared/api/types';
import { countText, jobsText } from '../../../shared/format';
import { jobQuery } from '../../api/getJob';
import { useLookups } from '../../api/getLookups';
import { useMe } from '../../api/getMe';
import { rows, useJobRow } from '../../api/rows';
import { isFiltered, listPart, nextSort, sortOf, type JobsSearch, type SortBy } from '../../model/jobSearch';
import { listKey, placeOf, rememberList, rememberPlace } from '../../model/listMemory';
import {
  extend,
  keepListed,
  NOTHING_SELECTED,
  selectAll,
  toggle,
  type Selection,
} from '../../model/selection';
import { Grid, GridSkeleton, type GridHandle } from '../../ui/grid/Grid';
import { useGridColumns } from '../../ui/grid/useGridColumns';
import { ViewMenu, type Density } from '../../ui/grid/ViewMenu';
import { StateMessage } from '../../ui/parts';
import { useShortcuts } from '../../ui/shortcuts';
import { reasonText } from '../../ui/undo';
import { usePin } from '../../ui/usePin';
import { useTitle } from '../../ui/useTitle';
import { jobColumns } from './columns';
import { FilterBar, type FilterBarHandle, type FilterChange } from './FilterBar';
import { Footer } from './Footer';
import { JobCard } from './JobCard';
import classes from './jobs.module.css';
import { Peek } from './Peek';
import { useDensity } from './useDensity';
import { useJobList } from './useJobList';

const HEIGHTS: Record<Density, number> = { comfortable: 36, compact: 28 };
const CARD_HEIGHT = 66;
const rowName = (row: JobRow) => row.reference;

/** All jobs that this person may see: found, filtered, sorted, looked into. */
export function Jobs() {
  useTitle('Jobs');
  const search = useSearch({ from: '/shell/jobs' });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const me = useMe();
  const lookups = useLookups();
  const pin = usePin();
  const isNarrow = useMediaQuery('(max-width: 700px)', undefined, { getInitialValueInEffect: false });
  const [density, setDensity] = useDensity();
  const grid = useRef<GridHandle>(null);
  const bar = useRef<FilterBarHandle>(null);

  const columns = useGridColumns(
    'firstfix.jobs.columns',
    useMemo(() => jobColumns(lookups, me.organisation), [lookups, me.organisation]),
  );
  const shown = useJobList(search, me.organisation.timezone);
  const { ids, list } = shown;
  const order = useMemo(() => new Map(ids.map((id, index) => [id, index])), [ids]);

  const listed = listPart(search);
  const key = listKey(listed);
  const [cursor, setCursor] = useState(() => placeOf(listed).cursor);
  const [chosen, setChosen] = useState<Selection>(() => placeOf(listed).selection);
  const selection = useMemo(() => keepListed(chosen, ids), [chosen, ids]);
  const chosenInOrder = useMemo(
    () => (selection.ids.size === 0 ? [] : ids.filter((id) => selection.ids.has(id))),
    [selection, ids],
  );
  const at = cursor === null ? undefined : order.get(cursor);

  useEffect(() => {
    rememberList(listPart(search));
    rememberPlace(listPart(search), { cursor, selection: chosen });
  }, [search, cursor, chosen]);

  function go(next: JobsSearch, replace: boolean): void {
    void navigate({ to: '/jobs', search: next, replace });
  }

  function changeFilter(change: FilterChange, isTyping: boolean): void {
    const { peek: _peek, ...kept } = { ...search, ...change };
    const next = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
    // Every letter would be a step of Back.
    go(next, isTyping);
  }

  function peekAt(row: JobRow | null | undefined, isMove: boolean): void {
    if (row) go({ ...search, peek: row.uuid }, isMove);
  }

  function closePeek(): void {
    const { peek: _peek, ...rest } = search;
    go(rest, true);
  }

  function open(id: number): void {
    const row = rows.get(id);
    if (row) void navigate({ to: '/jobs/$uuid', params: { uuid: row.uuid } });
  }

  /** Move the keys' row by some rows; the peek follows. */
  function move(step: number, extending: boolean): void {
    if (ids.length === 0) return;
    const to =
      at === undefined ? (step < 0 ? ids.length - 1 : 0) : Math.min(ids.length - 1, Math.max(0, at + step));
    const id = ids[to];
    if (id === undefined) return;
    if (extending) setChosen(extend(selection, ids, id, cursor ?? id));
    setCursor(id);
    grid.current?.scrollTo(to);
    // The keys worked without it, but a screen reader and the focus ring follow the focus.
    const focused = document.activeElement;
    if (focused === document.body || focused?.id === 'main') grid.current?.focus();
    if (search.peek !== undefined) peekAt(rows.get(id), true);
  }

  function togglePin(id: number | null): void {
    const row = id === null ? null : rows.get(id);
    if (row) pin(row, !row.is_pinned);
  }

  useShortcuts({
    j: () => move(1, false),
    k: () => move(-1, false),
    arrowdown: () => move(1, false),
    arrowup: () => move(-1, false),
    'shift+j': () => move(1, true),
    'shift+k': () => move(-1, true),
    'shift+arrowdown': () => move(1, true),
    'shift+arrowup': () => move(-1, true),
    pagedown: () => move(15, false),
    pageup: () => move(-15, false),
    home: () => move(-ids.length, false),
    end: () => move(ids.length, false),
    enter: () => cursor !== null && open(cursor),
    space: () => {
      const row = cursor === null ? null : rows.get(cursor);
      if (row && search.peek === row.uuid) closePeek();
      else peekAt(row, search.peek !== undefined);
    },
    x: () => {
      if (cursor !== null && at !== undefined) setChosen(toggle(selection, cursor));
    },
    'shift+p': () => togglePin(cursor),
    'mod+a': () => setChosen(selectAll(ids)),
    '/': () => bar.current?.focusSearch(),
    f: () => bar.current?.openFilters(),
    ...(search.peek !== undefined
      ? { escape: closePeek }
      : selection.ids.size > 0 && { escape: () => setChosen(NOTHING_SELECTED) }),
  });

  function onRowClick(id: number, action: string | undefined, event: MouseEvent): void {
    setCursor(id);
    const row = rows.get(id);
    if (action === 'select') {
      setChosen(event.shiftKey ? extend(selection, ids, id) : toggle(selection, id));
    } else if (action === 'pin') {
      togglePin(id);
    } else if (action === 'peek') {
      peekAt(row, search.peek !== undefined);
    } else if (event.shiftKey) {
      event.preventDefault();
      getSelection()?.removeAllRanges();
      setChosen(extend(selection, ids, id, cursor ?? id));
    } else if (event.ctrlKey || event.metaKey) {
      // On the title the browser opens a tab by itself.
      if (!(event.target as Element).closest('a')) setChosen(toggle(selection, id));
    } else {
      event.preventDefault();
      open(id);
    }
  }

  function onRowHover(id: number): void {
    const row = rows.get(id);
    if (row) void queryClient.prefetchQuery(jobQuery(row.uuid));
  }

  const sort = sortOf(search);
  const rowHeight = isNarrow ? CARD_HEIGHT : HEIGHTS[density];
  return (
    <div className={classes['screen']}>
      <div className={classes['list']}>
        <h1 className="visually-hidden">Jobs</h1>
        <div className={classes['bar']}>
          <FilterBar
            ref={bar}
            search={search}
            lookups={lookups.lookups}
            onChange={changeFilter}
            onLeave={() => {
              grid.current?.focus();
              if (at === undefined) move(1, false);
            }}
          />
          <span className={classes['total']} role="status">
            {list !== undefined &&
              (list.capped ? `First ${countText(ids.length)} of ` : '') + jobsText(list.total)}
          </span>
          <span className={classes['viewMenu']}>
            <ViewMenu columns={columns} density={density} onDensity={setDensity} />
          </span>
        </div>
        {list?.capped === true && (
          <div className={classes['notice']}>
            Only the first {countText(ids.length)} jobs are listed. Add a filter to reach the others.
          </div>
        )}
        {shown.missing !== null && (
          <div className={classes['notice']} role="alert">
            Some rows could not be loaded. {reasonText(shown.missing.error)}
            <Button size="compact-xs" variant="default" onClick={shown.missing.retry}>
              Try again
            </Button>
          </div>
        )}
        <div className={classes['content']} data-old={shown.isOld || undefined}>
          {shown.error !== null ? (
            <StateMessage
              icon={<IconAlertTriangle size={32} stroke={1.4} aria-hidden />}
              title="The jobs could not be loaded"
              actions={<Button onClick={shown.retry}>Try again</Button>}
            >
              {reasonText(shown.error)}
            </StateMessage>
          ) : list === undefined ? (
            <GridSkeleton columns={columns} rowHeight={rowHeight} isCard={isNarrow} />
          ) : ids.length === 0 ? (
            <NoJobs
              search={search}
              onClear={() => go(search.sort === undefined ? {} : { sort: search.sort }, false)}
            />
          ) : (
            <Grid
              ref={grid}
              label="Jobs"
              columns={columns}
              ids={ids}
              listKey={`${key} ${shown.isOld}`}
              scrollTop={placeOf(listed).scrollTop}
              onScrolled={(scrollTop) => {
                if (!shown.isOld) rememberPlace(listed, { scrollTop });
              }}
              useRow={useJobRow}
              rowName={rowName}
              rowHeight={rowHeight}
              card={
                isNarrow
                  ? (row) => <JobCard row={row} lookups={lookups} zone={me.organisation.timezone} />
                  : null
              }
              cursor={cursor}
              selected={selection.ids}
              sort={sort}
              onSort={(by) => {
                const { sort: _sort, peek: _peek, ...filter } = search;
                go({ ...filter, ...nextSort(search, by as SortBy) }, false);
              }}
              onRange={shown.setRange}
              onRowClick={onRowClick}
              onRowHover={onRowHover}
              onSelectAll={() =>
                setChosen(selection.ids.size === ids.length ? NOTHING_SELECTED : selectAll(ids))
              }
              isBusy={shown.isOld}
            />
          )}
        </div>
        <Footer chosen={chosenInOrder} total={ids.length} onClear={() => setChosen(NOTHING_SELECTED)} />
      </div>
      {search.peek !== undefined && <Peek uuid={search.peek} onClose={closePeek} />}
    </div>
  );
}

function NoJobs({ search, onClear }: { search: JobsSearch; onClear: () => void }) {
  if (!isFiltered(search)) {
    return (
      <StateMessage icon={<IconInbox size={32} stroke={1.4} aria-hidden />} title="There are no jobs yet">
        Jobs that you may see appear here as soon as they are raised.
      </StateMessage>
    );
  }
  return (
    <StateMessage
      icon={<IconFilterOff size={32} stroke={1.4} aria-hidden />}
      title="No job matches"
      actions={<Button onClick={onClear}>Clear the filters</Button>}
    >
      {search.q === undefined
        ? 'No job that you may see meets all of these filters at once.'
        : `No job that you may see has “${search.q}” in its reference, title or description and meets the filters.`}
    </StateMessage>
  );
}
