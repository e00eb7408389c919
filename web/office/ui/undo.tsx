import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { Problem, Unreachable } from '../../shared/api/problem';

const UNDO_MS = 6000;

let last: { id: string; undo: () => void } | null = null;

function runUndo(id: string): void {
  if (last?.id !== id) return;
  const { undo } = last;
  last = null;
  notifications.hide(id);
  undo();
}

/**
 * Say what was done and offer to take it back for six seconds, by button or by Ctrl+Z.
 *
 * Returns a function that withdraws the message, for when the server refuses after all.
 */
export function offerUndo(message: string, undo: () => void): () => void {
  const id = notifications.show({
    message: (
      <span style={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 8 }}>
        {message}
        <Button size="compact-xs" variant="light" onClick={() => runUndo(id)}>
          Undo
        </Button>
      </span>
    ),
    autoClose: UNDO_MS,
    closeButtonProps: { 'aria-label': 'Dismiss' },
    onClose: () => {
      if (last?.id === id) last = null;
    },
  });
  last = { id, undo };
  return () => void notifications.hide(id);
}

/** Take all messages off the screen: the next person must not read them. */
export function dropMessages(): void {
  last = null;
  notifications.clean();
}

/** Take the last thing back with Ctrl+Z, while its offer stands. */
export function useUndoKey(): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const inField = event.target instanceof HTMLElement && event.target.matches('input, textarea');
      if (inField || event.shiftKey || !(event.ctrlKey || event.metaKey) || event.key !== 'z') return;
      if (last === null) return;
      event.preventDefault();
      runUndo(last.id);
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

/** Why something failed, for people: what happened, and what to do next. */
export function reasonText(error: unknown): string {
  if (error instanceof Unreachable) return 'The server cannot be reached. Check the network, then try again.';
  if (!(error instanceof Problem)) throw error;
  if (error.status === 429) {
    return `The server is asked too often. Try again in ${error.retryAfterSeconds ?? 60} seconds.`;
  }
  if (error.status >= 500) {
    const number = error.requestId === null ? '' : ` and name request ${error.requestId}`;
    return `The server failed (${error.status}). Try again; if it stays, tell your administrator${number}.`;
  }
  return error.message;
}

/** Say that something was refused and has been taken back. */
export function showFailure(title: string, error: unknown): void {
  notifications.show({
    title,
    message: reasonText(error),
    color: 'red',
    autoClose: 10_000,
    closeButtonProps: { 'aria-label': 'Dismiss' },
  });
}
