import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { Problem, Unreachable } from '../../../shared/api/problem';
import { countText, jobsText } from '../../../shared/format';
import { Kbd } from '../../ui/parts';
import { showFailure } from '../../ui/undo';
import { copyReferences } from './copyReferences';
import classes from './jobs.module.css';

interface Props {
  /** The chosen jobs in the list's order. */
  chosen: readonly number[];
  total: number;
  onClear: () => void;
}

/** The keys of the list; while jobs are chosen, what can be done with them. */
export function Footer({ chosen, total, onClear }: Props) {
  const [copying, setCopying] = useState<number | null>(null);

  async function copy(): Promise<void> {
    setCopying(0);
    try {
      const count = await copyReferences(chosen, setCopying);
      notifications.show({
        message: `${countText(count)} ${count === 1 ? 'reference' : 'references'} copied, one a line.`,
        closeButtonProps: { 'aria-label': 'Dismiss' },
      });
    } catch (error) {
      if (error instanceof Problem || error instanceof Unreachable) {
        showFailure('Nothing was copied', error);
      } else if (error instanceof DOMException) {
        notifications.show({
          title: 'Nothing was copied',
          message: 'The browser refused. Allow this site to use the clipboard, then try again.',
          color: 'red',
          closeButtonProps: { 'aria-label': 'Dismiss' },
        });
      } else {
        throw error;
      }
    } finally {
      setCopying(null);
    }
  }

  if (chosen.length === 0) {
    return (
      <div className={classes['footer']}>
        <span>
          <Kbd>J</Kbd> <Kbd>K</Kbd> move
        </span>
        <span>
          <Kbd>Space</Kbd> peek
        </span>
        <span>
          <Kbd>Enter</Kbd> open
        </span>
        <span>
          <Kbd>X</Kbd> select
        </span>
        <span>
          <Kbd>/</Kbd> search
        </span>
        <span>
          <Kbd>?</Kbd> all shortcuts
        </span>
      </div>
    );
  }
  return (
    <div className={classes['footer']} data-selecting role="region" aria-label="Selection">
      <span role="status">
        <b>{countText(chosen.length)}</b> of {jobsText(total)} selected
      </span>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconCopy size={14} stroke={1.8} aria-hidden />}
        onClick={() => void copy()}
        disabled={copying !== null}
      >
        {copying === null
          ? 'Copy references'
          : `Reading ${countText(copying)} of ${countText(chosen.length)}`}
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={onClear}>
        Clear
      </Button>
      <span>
        <Kbd>Esc</Kbd> clears
      </span>
    </div>
  );
}
