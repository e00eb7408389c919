import '@mantine/spotlight/styles.css';
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import {
  IconBriefcase,
  IconKeyboard,
  IconListDetails,
  IconLogout,
  IconMoon,
  IconPin,
  IconSearch,
  IconSun,
  type Icon,
} from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { JobRow } from '../../shared/api/types';
import { jobsText } from '../../shared/format';
import { useLookups } from '../api/getLookups';
import { jobsQuery } from '../api/queryJobs';
import { rows } from '../api/rows';
import { sortOf } from '../model/jobSearch';
import { Status } from '../ui/parts';
import classes from './finder.module.css';
import { useSignOut } from './useSignOut';

const SHOWN = 8;
const [store, finder] = createSpotlight();

interface Props {
  opened: boolean;
  onClose: () => void;
  onHelp: () => void;
}

interface Command {
  label: string;
  words: string;
  Icon: Icon;
  run: () => void;
}

/** Search for jobs and commands from anywhere. */
export function Finder({ opened, onClose, onHelp }: Props) {
  const navigate = useNavigate();
  const leave = useSignOut();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const { status } = useLookups();
  const [query, setQuery] = useState('');
  const [settled] = useDebouncedValue(query.trim(), 120);

  useEffect(() => {
    if (opened) finder.open();
    else finder.close();
  }, [opened]);

  // Nothing typed: what the person pinned is the best guess.
  const search = useQuery({
    ...jobsQuery(settled === '' ? { pinned: true } : { search: settled }, sortOf({})),
    enabled: opened,
    placeholderData: keepPreviousData,
  });
  const found = (search.data?.ids ?? []).slice(0, SHOWN).flatMap((id): JobRow[] => {
    const row = rows.get(id);
    return row ? [row] : [];
  });
  const total = search.data?.total ?? 0;
  const isSearching = query.trim() !== settled || search.isPlaceholderData || search.isPending;

  const commands: Command[] = [
    {
      label: 'Go to jobs',
      words: 'list all',
      Icon: IconListDetails,
      run: () => void navigate({ to: '/jobs' }),
    },
    {
      label: 'Go to pinned jobs',
      words: 'list mine',
      Icon: IconPin,
      run: () => void navigate({ to: '/jobs', search: { pinned: true } }),
    },
    {
      label: isDark ? 'Switch to the light theme' : 'Switch to the dark theme',
      words: 'mode colour toggle',
      Icon: isDark ? IconSun : IconMoon,
      run: () => setColorScheme(isDark ? 'light' : 'dark'),
    },
    { label: 'Keyboard shortcuts', words: 'help keys', Icon: IconKeyboard, run: onHelp },
    { label: 'Sign out', words: 'leave log logout', Icon: IconLogout, run: leave },
  ];
  const wanted = query.trim().toLowerCase();
  const matching = commands.filter(({ label, words }) => `${label} ${words}`.toLowerCase().includes(wanted));

  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      shortcut={null}
      attributes={{ content: { 'aria-label': 'Search or jump to' } }}
      size={620}
      scrollable
      maxHeight={460}
      transitionProps={{ duration: 100, transition: 'fade' }}
      overlayProps={{ backgroundOpacity: 0.35, blur: 2 }}
    >
      <Spotlight.Search
        placeholder="Search jobs, or type a command"
        aria-label="Search jobs, or type a command"
        leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
      />
      <Spotlight.ActionsList aria-label="Results">
        {found.length > 0 && (
          <Spotlight.ActionsGroup label={settled === '' ? 'Pinned jobs' : 'Jobs'}>
            {found.map((job) => (
              <Spotlight.Action
                key={job.id}
                onClick={() => void navigate({ to: '/jobs/$uuid', params: { uuid: job.uuid } })}
              >
                <span className={classes['job']}>
                  <IconBriefcase size={16} stroke={1.7} aria-hidden />
                  <span className={classes['reference']}>{job.reference}</span>
                  <span className={classes['title']}>{job.title}</span>
                  <span className={classes['place']}>{job.postcode}</span>
                  <Status status={status.get(job.status_id)} substate={null} />
                </span>
              </Spotlight.Action>
            ))}
          </Spotlight.ActionsGroup>
        )}
        {settled !== '' && total > found.length && (
          <Spotlight.ActionsGroup label="More">
            <Spotlight.Action onClick={() => void navigate({ to: '/jobs', search: { q: settled } })}>
              <span className={classes['job']}>
                <IconSearch size={16} stroke={1.7} aria-hidden />
                <span className={classes['title']}>
                  Show all {jobsText(total)} for “{settled}”
                </span>
              </span>
            </Spotlight.Action>
          </Spotlight.ActionsGroup>
        )}
        {matching.length > 0 && (
          <Spotlight.ActionsGroup label="Commands">
            {matching.map(({ label, Icon, run }) => (
              <Spotlight.Action key={label} onClick={run}>
                <span className={classes['job']}>
                  <Icon size={16} stroke={1.7} aria-hidden />
                  <span className={classes['title']}>{label}</span>
                </span>
              </Spotlight.Action>
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.length === 0 && matching.length === 0 && (
          <Spotlight.Empty>
            {isSearching
              ? 'Searching'
              : `No job has “${settled}” in its reference, title or description. Try fewer or shorter words.`}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
