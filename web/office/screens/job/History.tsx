import { Button } from '@mantine/core';
import { IconAlertTriangle, IconArrowRight, IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Commit } from '../../../shared/api/types';
import { agoText, exactText, valueText } from '../../../shared/format';
import { SOURCES } from '../../../shared/status';
import { historyQuery } from '../../api/listJobHistory';
import { Avatar, StateMessage } from '../../ui/parts';
import { reasonText } from '../../ui/undo';
import { useNow } from '../../ui/useNow';
import classes from './history.module.css';
import jobClasses from './job.module.css';

interface Props {
  uuid: string;
  zone: string;
}

/** What changed, who changed it, from where, and exactly when on the site's clock. Newest first. */
export function History({ uuid, zone }: Props) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    historyQuery(uuid),
  );
  const commits = data?.pages.flatMap((page) => page.commits) ?? [];

  if (error !== null && data === undefined) {
    return (
      <StateMessage
        icon={<IconAlertTriangle size={28} stroke={1.4} aria-hidden />}
        title="The history could not be loaded"
        actions={<Button onClick={() => void refetch()}>Try again</Button>}
      >
        {reasonText(error)}
      </StateMessage>
    );
  }
  if (data === undefined) {
    return (
      <div className={jobClasses['bones']} role="status" aria-label="Loading the history">
        {['40%', '65%', '45%', '60%', '35%', '55%'].map((width) => (
          <span key={width} style={{ width }} />
        ))}
      </div>
    );
  }
  if (commits.length === 0) {
    return (
      <StateMessage icon={<IconHistory size={28} stroke={1.4} aria-hidden />} title="Nothing has changed yet">
        Every change to this job will be listed here, with who made it and when.
      </StateMessage>
    );
  }
  return (
    <div className={classes['history']}>
      <ol className={classes['list']} aria-label="History, newest first">
        {commits.map((commit) => (
          <Entry key={commit.id} commit={commit} zone={zone} />
        ))}
      </ol>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Load earlier changes
        </Button>
      )}
    </div>
  );
}

/** What was done, without what it was done to: "job.created" gives "created". */
function wordOf(action: string): string {
  return action.split('.').at(-1) ?? action;
}

/** "created" gives "created the job"; an action that we have no words for is shown as it is. */
function actionText(action: string): string {
  const word = wordOf(action);
  const known: Record<string, string> = {
    created: 'raised the job',
    updated: 'changed the job',
    deleted: 'deleted the job',
    restored: 'restored the job',
  };
  return known[word] ?? word.replaceAll('_', ' ');
}

/** What happened to a note, in the words of whoever did it; what it says is on another tab. */
function noteText(commit: Commit): string | null {
  const [change, ...others] = commit.changes;
  if (change?.field !== 'case_notes' || others.length > 0) return null;
  const [from, to] = [change.from, change.to].map((notes) => (Array.isArray(notes) ? String(notes) : ''));
  if (from === '') return 'added a note';
  if (to === '') return 'deleted a note';
  if (from === to) return 'changed a note';
  return to === 'note' ? 'unpinned a note' : 'pinned a note';
}

function Entry({ commit, zone }: { commit: Commit; zone: string }) {
  const at = new Date(commit.at);
  const name = commit.by_name ?? 'Firstfix';
  const note = noteText(commit);
  // Before it was raised there was nothing, and saying so on every line tells nobody anything.
  const isFirst = wordOf(commit.action) === 'created';
  return (
    <li className={classes['entry']}>
      <Avatar name={name} large />
      <div className={classes['what']}>
        <p className={classes['line']}>
          <b>{name}</b> {note ?? actionText(commit.action)}
          <span className={classes['source']}>{SOURCES[commit.source]}</span>
        </p>
        {note === null && commit.changes.length > 0 && (
          <dl className={classes['changes']}>
            {commit.changes.map((change) => (
              <div key={change.field}>
                <dt>{change.label}</dt>
                <dd>
                  {!isFirst && (
                    <>
                      <del>
                        <span className="visually-hidden">from </span>
                        {valueText(change.from, zone)}
                      </del>
                      <IconArrowRight size={13} stroke={1.8} aria-hidden />
                    </>
                  )}
                  <ins>
                    {!isFirst && <span className="visually-hidden">to </span>}
                    {valueText(change.to, zone)}
                  </ins>
                </dd>
              </div>
            ))}
          </dl>
        )}
      </div>
      <time className={classes['when']} dateTime={commit.at}>
        {exactText(at, zone)}
        <span>{agoText(at, useNow(), zone)}</span>
      </time>
    </li>
  );
}
