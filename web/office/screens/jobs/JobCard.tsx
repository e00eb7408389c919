import type { JobRow } from '../../../shared/api/types';
import { priorityBars } from '../../../shared/status';
import type { LookupIndex } from '../../api/getLookups';
import { PriorityBars, Status, When } from '../../ui/parts';
import { jobHref } from './columns';
import classes from './jobs.module.css';

interface Props {
  row: JobRow;
  lookups: LookupIndex;
  zone: string;
}

/** A job on a narrow screen: two lines instead of columns. */
export function JobCard({ row, lookups, zone }: Props) {
  const priority = lookups.priority.get(row.priority_id);
  return (
    <>
      <div className={classes['cardTop']}>
        <PriorityBars
          level={priorityBars(priority?.rank ?? 0, lookups.ranks)}
          name={priority?.name ?? 'Priority'}
        />
        <a className={classes['title']} href={jobHref(row)} tabIndex={-1}>
          {row.title}
        </a>
        <Status status={lookups.status.get(row.status_id)} substate={null} />
      </div>
      <div className={classes['cardBottom']}>
        <span className={classes['reference']}>{row.reference}</span>
        <span className={classes['cardSite']}>{row.full_address}</span>
        {row.scheduled_at !== null && <When at={row.scheduled_at} zone={zone} stage={row.stage} />}
      </div>
    </>
  );
}
