import { Menu, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useImperativeHandle, useRef, useState, type ReactNode, type Ref } from 'react';
import type { Lookups } from '../../../shared/api/types';
import { priorityBars, STAGES } from '../../../shared/status';
import { FLAG_FILTERS, type FlagFilter, type JobsFilterSearch } from '../../model/jobSearch';
import { Chip } from '../../ui/filter/Chip';
import { ChoiceChip, type Choice } from '../../ui/filter/ChoiceChip';
import { DatesChip, type Dates } from '../../ui/filter/DatesChip';
import filterClasses from '../../ui/filter/filter.module.css';
import { Avatar, PriorityBars } from '../../ui/parts';
import classes from './jobs.module.css';

export interface FilterBarHandle {
  focusSearch: () => void;
  openFilters: () => void;
}

interface Props {
  ref?: Ref<FilterBarHandle>;
  search: JobsFilterSearch;
  lookups: Lookups | undefined;
  /** A part of the filter that changes; `undefined` takes it away. */
  onChange: (change: FilterChange, isTyping: boolean) => void;
  /** The keys go to the list. */
  onLeave: () => void;
}

export type FilterChange = { [Key in keyof JobsFilterSearch]?: JobsFilterSearch[Key] | undefined };
type ListFilter = 'status' | 'stage' | 'priority' | 'type' | 'branch' | 'lead' | 'contractor' | 'agent';

const SEARCH_MS = 120;

const NAMES: Record<ListFilter, string> = {
  status: 'Status',
  priority: 'Priority',
  lead: 'Engineer',
  type: 'Type',
  branch: 'Branch',
  contractor: 'Contractor',
  agent: 'Agent',
  stage: 'Stage',
};
/** Always on offer; the others are behind "Filter" until somebody uses them. */
const USUAL: readonly ListFilter[] = ['status', 'priority', 'lead'];

const FLAGS: Record<FlagFilter, { name: string; sentence: string }> = {
  unassigned: { name: 'Unassigned', sentence: 'Is unassigned' },
  pinned: { name: 'Pinned', sentence: 'Is pinned by me' },
  photos: { name: 'Has photos', sentence: 'Has photos' },
  documents: { name: 'Has documents', sentence: 'Has documents' },
};

function choicesOf(filter: ListFilter, lookups: Lookups | undefined): Choice[] {
  const named = (items: readonly { id: number; name: string }[] = []) =>
    items.map((item) => ({ value: String(item.id), name: item.name }));
  const withIcon = (items: readonly { id: number; name: string }[] = [], icon: (name: string) => ReactNode) =>
    items.map((item) => ({ value: String(item.id), name: item.name, icon: icon(item.name) }));
  switch (filter) {
    case 'status':
      return (lookups?.statuses ?? []).map((status) => ({
        value: String(status.id),
        name: status.name,
        icon: <span className={filterClasses['dot']} data-colour={status.colour} />,
      }));
    case 'priority': {
      const ranks = lookups?.priorities.map((priority) => priority.rank) ?? [];
      return (lookups?.priorities ?? []).map(({ id, name, rank }) => ({
        value: String(id),
        name,
        icon: (
          <span aria-hidden>
            <PriorityBars level={priorityBars(rank, ranks)} name={name} />
          </span>
        ),
      }));
    }
    case 'lead':
      return withIcon(lookups?.engineers, (name) => <Avatar name={name} />);
    case 'stage':
      return STAGES.map(({ id, name }) => ({ value: id, name }));
    case 'type':
      return named(lookups?.job_types);
    case 'branch':
      return named(lookups?.branches);
    case 'contractor':
      return named(lookups?.contractors);
    case 'agent':
      return named(lookups?.agents);
  }
}

/** The search box and the filters of the jobs list, each as a sentence. */
export function FilterBar({ ref, search, lookups, onChange, onLeave }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [menu, setMenu] = useState(false);
  const [text, setText] = useState(search.q ?? '');
  // A chip that was just asked for, and has no value yet.
  const [asked, setAsked] = useState<ListFilter | null>(null);

  useImperativeHandle(ref, () => ({
    focusSearch: () => input.current?.select(),
    openFilters: () => setMenu(true),
  }));

  const [told, setTold] = useState(search.q ?? '');
  const tell = useDebouncedCallback((q: string) => {
    setTold(q);
    onChange({ q: q === '' ? undefined : q }, true);
  }, SEARCH_MS);

  // The address changed by itself: Back, a link, or "clear filters".
  const [seen, setSeen] = useState(search.q);
  if (seen !== search.q) {
    setSeen(search.q);
    if ((search.q ?? '') !== told) {
      setTold(search.q ?? '');
      setText(search.q ?? '');
    }
  }

  function setList(filter: ListFilter, values: string[]): void {
    const value = values.length === 0 ? undefined : filter === 'stage' ? values : values.map(Number);
    onChange({ [filter]: value }, false);
  }

  const isShown = (filter: ListFilter) =>
    USUAL.includes(filter) || search[filter] !== undefined || asked === filter;
  const filters = Object.keys(NAMES) as ListFilter[];
  const flags = FLAG_FILTERS.filter((flag) => search[flag] === true);
  const dates: Dates = {
    ...(search.when !== undefined && { when: search.when }),
    ...(search.from !== undefined && { from: search.from }),
    ...(search.to !== undefined && { to: search.to }),
  };

  return (
    <div className={classes['filters']} role="search" aria-label="Jobs">
      <TextInput
        ref={input}
        className={classes['search'] ?? ''}
        type="search"
        size="xs"
        fz="sm"
        aria-label="Search jobs"
        placeholder="Search jobs ( / )"
        leftSection={<IconSearch size={15} stroke={1.8} aria-hidden />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          tell(event.currentTarget.value.trim());
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && text !== '') {
            event.preventDefault();
            event.stopPropagation();
            setText('');
            tell('');
          } else if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
            event.preventDefault();
            onLeave();
          }
        }}
      />
      {filters.filter(isShown).map((filter) => (
        <ChoiceChip
          key={filter}
          name={NAMES[filter]}
          choices={choicesOf(filter, lookups)}
          chosen={(search[filter] ?? []).map(String)}
          onChange={(values) => setList(filter, values)}
          isNew={asked === filter}
          onClose={() => setAsked(null)}
        />
      ))}
      <DatesChip
        name="Works date"
        value={dates}
        onChange={(next) => onChange({ when: undefined, from: undefined, to: undefined, ...next }, false)}
      />
      {flags.map((flag) => (
        <Chip
          key={flag}
          name={FLAGS[flag].name}
          sentence={FLAGS[flag].sentence}
          onClear={() => onChange({ [flag]: undefined }, false)}
          onClick={() => onChange({ [flag]: undefined }, false)}
        />
      ))}
      <Menu opened={menu} onChange={setMenu} position="bottom-start" width={190} returnFocus={asked === null}>
        <Menu.Target>
          <button type="button" className={filterClasses['add']} title="Add a filter (F)">
            <IconPlus size={13} stroke={2} aria-hidden />
            Filter
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {filters
            .filter((filter) => !isShown(filter))
            .map((filter) => (
              <Menu.Item key={filter} onClick={() => setAsked(filter)}>
                {NAMES[filter]}
              </Menu.Item>
            ))}
          <Menu.Divider />
          {FLAG_FILTERS.map((flag) => (
            <Menu.CheckboxItem
              key={flag}
              checked={search[flag] === true}
              closeMenuOnClick
              onChange={(on) => onChange({ [flag]: on ? true : undefined }, false)}
            >
              {FLAGS[flag].name}
            </Menu.CheckboxItem>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
