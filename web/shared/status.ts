import type { Colour, Commit, JobRow, Stage, Substate } from './api/types';

export const STAGES: readonly { id: Stage; name: string }[] = [
  { id: 'new', name: 'New' },
  { id: 'assigned', name: 'Assigned' },
  { id: 'in_progress', name: 'In progress' },
  { id: 'complete', name: 'Complete' },
  { id: 'closed', name: 'Closed' },
  { id: 'archived', name: 'Archived' },
  { id: 'cancelled', name: 'Cancelled' },
];

/** What the crew says, beside the organisation's own status. */
export const SUBSTATES: Record<Substate, { name: string; colour: Colour }> = {
  in_transit: { name: 'Travelling', colour: 'violet' },
  on_site: { name: 'On site', colour: 'green' },
  paused: { name: 'Paused', colour: 'amber' },
};

export const GATES: Record<NonNullable<JobRow['gate_status']>, { name: string; colour: Colour }> = {
  pending: { name: 'Waiting for approval', colour: 'amber' },
  approved: { name: 'Approved', colour: 'green' },
  rejected: { name: 'Approval refused', colour: 'red' },
};

/** Where a change came from, for people. */
export const SOURCES: Record<Commit['source'], string> = {
  field: 'Field API',
  manage: 'Manage API',
  web: 'Web',
  worker: 'Automatic',
  cli: 'Command line',
  mail: 'E-mail',
};

/** Whether work has begun or will not: such a job is never late to start. */
export function hasBegun(stage: Stage): boolean {
  return stage !== 'new' && stage !== 'assigned';
}

/** How many of the three bars a priority fills: the most urgent rank three, the least none. */
export function priorityBars(rank: number, ranks: readonly number[]): number {
  const ordered = [...new Set(ranks)].sort((a, b) => a - b);
  const place = ordered.indexOf(rank);
  if (place < 0 || ordered.length === 1) return 0;
  return Math.round(3 * (1 - place / (ordered.length - 1)));
}
