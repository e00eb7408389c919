import { Popover } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { dateText } from '../../../shared/format';
import type { LocalDate } from '../../../shared/tz';
import { WHENS, type When } from '../../model/jobSearch';
import { Chip } from './Chip';
import classes from './dates.module.css';

const RangeCalendar = lazy(() =>
  import('./RangeCalendar').then((module) => ({ default: module.RangeCalendar })),
);

export interface Dates {
  when?: When;
  from?: LocalDate;
  to?: LocalDate;
}

interface Props {
  name: string;
  value: Dates;
  onChange: (dates: Dates) => void;
}

/** "Works date is today", "Works date is between 1 Nov 2025 and 7 Nov 2025". */
export function datesSentence(name: string, { when, from, to }: Dates): string | null {
  const window = WHENS.find((option) => option.id === when);
  if (window !== undefined) return `${name} is ${window.name}`;
  if (from !== undefined && from === to) return `${name} is ${dateText(from)}`;
  if (from !== undefined && to !== undefined)
    return `${name} is between ${dateText(from)} and ${dateText(to)}`;
  if (from !== undefined) return `${name} is ${dateText(from)} or later`;
  if (to !== undefined) return `${name} is ${dateText(to)} or earlier`;
  return null;
}

/** A filter by dates: windows that move with the calendar, or two dates. */
export function DatesChip({ name, value, onChange }: Props) {
  const [opened, setOpened] = useState(false);

  function choose(dates: Dates): void {
    onChange(dates);
    setOpened(false);
  }

  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <Chip
          name={name}
          sentence={datesSentence(name, value)}
          onClear={() => onChange({})}
          onClick={() => setOpened(!opened)}
        />
      </Popover.Target>
      <Popover.Dropdown p={8} role="dialog" aria-label={name}>
        <div className={classes['dates']}>
          <div className={classes['windows']} role="group" aria-label="Windows">
            {WHENS.map((option) => (
              <button
                key={option.id}
                type="button"
                aria-pressed={value.when === option.id}
                onClick={() => choose({ when: option.id })}
              >
                {option.name.charAt(0).toUpperCase() + option.name.slice(1)}
              </button>
            ))}
          </div>
          <div className={classes['calendar']}>
            <Suspense>
              <RangeCalendar value={value} onChange={choose} />
            </Suspense>
          </div>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
