// Names for the shapes of the web API, taken from its operations.
import type { operations } from './schema';

type Answer<Operation extends keyof operations> = operations[Operation] extends {
  responses: { 200: { content: { 'application/json': infer Body } } };
}
  ? Body
  : never;
type JobQuery = operations['queryJobs']['requestBody']['content']['application/json'];

export type Me = Answer<'getMe'>;
export type Lookups = Answer<'getLookups'>;
export type JobFilter = NonNullable<JobQuery['filter']>;
export type JobSort = Required<NonNullable<JobQuery['sort']>>;
export type JobQueryResult = Answer<'queryJobs'>;
export type JobRow = JobQueryResult['rows'][number];
export type JobDetail = Answer<'getJob'>;
export type JobHistory = Answer<'listJobHistory'>;
export type Commit = JobHistory['commits'][number];
export type JobNotes = Answer<'listJobNotes'>;
export type JobNote = JobNotes['notes'][number];
export type MailSettings = Answer<'getMailSettings'>;
export type Stage = JobRow['stage'];
export type Substate = NonNullable<JobRow['substate']>;
export type Colour = Lookups['statuses'][number]['colour'];
