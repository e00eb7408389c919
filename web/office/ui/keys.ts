import { MOD } from './shortcuts';

export interface ShortcutGroup {
  title: string;
  keys: readonly { keys: readonly string[]; does: string }[];
}

/** Every key that does something, as the list behind `?` shows it. */
export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    title: 'Anywhere',
    keys: [
      { keys: [MOD, 'K'], does: 'Search or jump to' },
      { keys: ['G', 'J'], does: 'Go to jobs' },
      { keys: [MOD, 'Z'], does: 'Undo the last change' },
      { keys: ['?'], does: 'Show this list' },
      { keys: ['Esc'], does: 'Close the topmost thing' },
    ],
  },
  {
    title: 'Jobs list',
    keys: [
      { keys: ['J'], does: 'Next job (also ↓)' },
      { keys: ['K'], does: 'Previous job (also ↑)' },
      { keys: ['Enter'], does: 'Open the job' },
      { keys: ['Space'], does: 'Peek at the job' },
      { keys: ['X'], does: 'Select or let go' },
      { keys: ['Shift', '↓'], does: 'Extend the selection' },
      { keys: [MOD, 'A'], does: 'Select all matches' },
      { keys: ['Shift', 'P'], does: 'Pin or unpin' },
      { keys: ['/'], does: 'Search' },
      { keys: ['F'], does: 'Add a filter' },
    ],
  },
  {
    title: 'Job page',
    keys: [
      { keys: ['J'], does: 'Next job of the list' },
      { keys: ['K'], does: 'Previous job of the list' },
      { keys: ['Shift', 'P'], does: 'Pin or unpin' },
      { keys: ['U'], does: 'Back to the list' },
    ],
  },
];
