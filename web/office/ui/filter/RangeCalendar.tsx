import '@mantine/dates/styles.css';
import { DatePicker } from '@mantine/dates';
import { useState } from 'react';
import { dateText } from '../../../shared/format';
import type { Dates } from './DatesChip';
import classes from './dates.module.css';

interface Props {
  value: Dates;
  onChange: (dates: Dates) => void;
}

/** Two dates on a calendar: the first click starts, the second ends. The week starts on Monday. */
export function RangeCalendar({ value, onChange }: Props) {
  const [range, setRange] = useState<[string | null, string | null]>([value.from ?? null, value.to ?? null]);
  const [from, to] = range;

  return (
    <>
      <DatePicker
        type="range"
        size="xs"
        firstDayOfWeek={1}
        weekendDays={[]}
        hideOutsideDates
        allowSingleDateInRange
        {...(value.from !== undefined && { defaultDate: value.from })}
        value={range}
        onChange={(next) => {
          setRange(next);
          if (next[0] !== null && next[1] !== null) onChange({ from: next[0], to: next[1] });
        }}
        ariaLabels={{ previousMonth: 'Previous month', nextMonth: 'Next month' }}
      />
      <p className={classes['half']} aria-live="polite">
        {from !== null && to === null
          ? `From ${dateText(from)}: now choose the last day.`
          : 'Choose the first day, then the last.'}
      </p>
    </>
  );
}
