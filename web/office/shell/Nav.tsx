import { IconListDetails } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { countText } from '../../shared/format';
import { jobsQuery } from '../api/queryJobs';
import { sortOf } from '../model/jobSearch';
import { Logo } from '../ui/Logo';
import classes from './shell.module.css';

/** The screens that exist. */
export function Nav() {
  const { data: total } = useQuery({ ...jobsQuery({}, sortOf({})), select: (list) => list.total });
  return (
    <>
      <Link to="/jobs" className={classes['brand']}>
        <Logo />
        <span className={classes['word']}>Firstfix</span>
      </Link>
      <Link to="/jobs" className={classes['link']} title="Jobs (G then J)">
        <IconListDetails size={17} stroke={1.7} aria-hidden />
        <span className={classes['word']}>Jobs</span>
        <span className={classes['count']}>{total !== undefined && countText(total)}</span>
      </Link>
    </>
  );
}
