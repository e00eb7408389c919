import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useReachable } from '../api/connection';
import { meQuery } from '../api/getMe';
import classes from './shell.module.css';

const PROBE_MS = 5000;

/** Says that the server is out of reach, keeps asking, and loads what is missing when it is back. */
export function ConnectionBanner() {
  const queryClient = useQueryClient();
  const reachable = useReachable();
  const [asking, setAsking] = useState(false);

  const ask = useCallback(async () => {
    setAsking(true);
    try {
      await queryClient.fetchQuery({ ...meQuery, staleTime: 0 });
      await queryClient.refetchQueries({ type: 'active', predicate: (query) => query.state.error !== null });
    } catch {
      // Still away: the banner stays, and says so.
    } finally {
      setAsking(false);
    }
  }, [queryClient]);

  useEffect(() => {
    if (reachable) return;
    const again = () => void ask();
    const timer = setInterval(again, PROBE_MS);
    window.addEventListener('online', again);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', again);
    };
  }, [reachable, ask]);

  if (reachable) return null;
  return (
    <div className={classes['banner']} role="alert">
      <IconPlugConnectedX size={17} stroke={1.8} aria-hidden />
      <span>The server cannot be reached. What you see may be old, and changes are not saved.</span>
      <button type="button" onClick={() => void ask()} disabled={asking}>
        {asking ? 'Trying' : 'Try again'}
      </button>
    </div>
  );
}
