import { Button } from '@mantine/core';
import { IconAlertTriangle, IconMapQuestion } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { Problem, Unreachable } from '../../shared/api/problem';
import { StateMessage } from '../ui/parts';
import { reasonText } from '../ui/undo';
import classes from './shell.module.css';

/** The screen for an address that leads nowhere. */
export function LostPage() {
  return (
    <div className={classes['lost']}>
      <StateMessage
        isPage
        icon={<IconMapQuestion size={32} stroke={1.4} aria-hidden />}
        title="There is no such page"
        actions={
          <Button component={Link} to="/jobs">
            Go to jobs
          </Button>
        }
      >
        The address may be old or mistyped. Check it, or start from the list of jobs.
      </StateMessage>
    </div>
  );
}

/** The screen for what could not be shown: says why, and tries again. */
export function ScreenError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const queryClient = useQueryClient();
  const isKnown = error instanceof Problem || error instanceof Unreachable;

  function again(): void {
    // Part of the app could not be loaded: a newer version has replaced it, so fetch the page itself again.
    if (!isKnown) {
      location.reload();
      return;
    }
    void queryClient.resetQueries({ predicate: (query) => query.state.error !== null });
    reset();
    void router.invalidate();
  }

  return (
    <div className={classes['lost']} role="alert">
      <StateMessage
        isPage
        icon={<IconAlertTriangle size={32} stroke={1.4} aria-hidden />}
        title={isKnown ? 'This screen could not be loaded' : 'This screen stopped working'}
        actions={<Button onClick={again}>{isKnown ? 'Try again' : 'Load the page again'}</Button>}
      >
        {isKnown
          ? reasonText(error)
          : 'Either a newer version of Firstfix is there, or this is a fault of ours. Loading the page again helps in the first case.'}
      </StateMessage>
    </div>
  );
}
