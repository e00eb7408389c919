import type { JobRow, Me } from '../../../shared/api/types';
import { agoText, dateText, exactText } from '../../../shared/format';
import { moneyText } from '../../../shared/money';
import { priorityBars } from '../../../shared/status';
import type { LookupIndex } from '../../api/getLookups';
import type { SortBy } from '../../model/jobSearch';
import type { GridColumn } from '../../ui/grid/useGridColumns';
import { Person, PriorityBars, Status, When } from '../../ui/parts';
import { useNow } from '../../ui/useNow';
import classes from './jobs.module.css';

export type JobColumn = GridColumn<JobRow> & { sort?: SortBy };

const NONE = <span className="muted">–</span>;

function Ago({ at, zone }: { at: string; zone: string }) {
  const instant = new Date(at);
  return (
    <time dateTime={at} title={exactText(instant, zone)}>
      {agoText(instant, useNow(), zone)}
    </time>
  );
}

function Text({ children }: { children: string | null | undefined }) {
  return children ? <span title={children}>{children}</span> : NONE;
}

/** Where a job's own page is. */
export function jobHref(row: JobRow): string {
  return `/app/jobs/${row.uuid}`;
}

/** The columns of the jobs list. Times are those of the organisation's zone. */
export function jobColumns(lookups: LookupIndex, { currency, timezone }: Me['organisation']): JobColumn[] {
  const level = (row: JobRow) =>
    priorityBars(lookups.priority.get(row.priority_id)?.rank ?? 0, lookups.ranks);
  return [
    {
      id: 'pin',
      name: 'Pinned',
      head: <span className="visually-hidden">Pinned</span>,
      size: 28,
      minSize: 28,
      isFixed: true,
      cell: (row) => (
        <button
          type="button"
          className={classes['pin']}
          data-action="pin"
          aria-pressed={row.is_pinned}
          aria-label={`Pin ${row.reference}`}
          title={row.is_pinned ? 'Unpin (Shift P)' : 'Pin (Shift P)'}
          tabIndex={-1}
        />
      ),
    },
    {
      id: 'reference',
      name: 'Reference',
      head: 'Ref',
      size: 82,
      sort: 'reference',
      cell: (row) => <span className={classes['reference']}>{row.reference}</span>,
    },
    {
      id: 'title',
      name: 'Job',
      size: 196,
      minSize: 140,
      grows: true,
      sort: 'title',
      isFixed: true,
      cell: (row) => (
        <>
          <a className={classes['title']} href={jobHref(row)} title={row.title} tabIndex={-1}>
            {row.title}
          </a>
          {row.is_recall && <span className={classes['mark']}>Recall</span>}
          {row.gate_status === 'pending' && <span className={classes['mark']}>Approval</span>}
          <button
            type="button"
            className={classes['peek']}
            data-action="peek"
            aria-label={`Peek at ${row.reference}`}
            title="Peek (Space)"
            tabIndex={-1}
          />
        </>
      ),
    },
    {
      id: 'status',
      name: 'Status',
      size: 174,
      sort: 'status',
      cell: (row) => <Status status={lookups.status.get(row.status_id)} substate={row.substate} />,
    },
    {
      id: 'priority',
      name: 'Priority',
      head: (
        <>
          <span aria-hidden>!</span>
          <span className="visually-hidden">Priority</span>
        </>
      ),
      size: 38,
      sort: 'priority',
      cell: (row) => (
        <PriorityBars level={level(row)} name={lookups.priority.get(row.priority_id)?.name ?? 'Priority'} />
      ),
    },
    { id: 'customer', name: 'Client', size: 106, cell: (row) => <Text>{row.customer_name}</Text> },
    {
      id: 'site',
      name: 'Site',
      size: 134,
      cell: (row) => <Text>{row.full_address}</Text>,
    },
    { id: 'postcode', name: 'Postcode', size: 84, isExtra: true, cell: (row) => <Text>{row.postcode}</Text> },
    {
      id: 'type',
      name: 'Type',
      size: 86,
      cell: (row) => <Text>{lookups.jobType.get(row.job_type_id)}</Text>,
    },
    {
      id: 'branch',
      name: 'Branch',
      size: 96,
      isExtra: true,
      cell: (row) => <Text>{lookups.branch.get(row.branch_id)}</Text>,
    },
    {
      id: 'engineer',
      name: 'Engineer',
      size: 130,
      cell: (row) => (row.lead_name === null ? NONE : <Person name={row.lead_name} />),
    },
    {
      id: 'contractor',
      name: 'Contractor',
      size: 140,
      isExtra: true,
      cell: (row) => <Text>{row.contractor_name}</Text>,
    },
    { id: 'agent', name: 'Agent', size: 132, isExtra: true, cell: (row) => <Text>{row.agent_name}</Text> },
    {
      id: 'scheduled',
      name: 'Works date',
      size: 120,
      sort: 'scheduled_at',
      cell: (row) =>
        row.scheduled_at === null ? NONE : <When at={row.scheduled_at} zone={timezone} stage={row.stage} />,
    },
    {
      id: 'end',
      name: 'Works end',
      size: 104,
      isExtra: true,
      cell: (row) => (row.works_end_on === null ? NONE : <span>{dateText(row.works_end_on)}</span>),
    },
    {
      id: 'photos',
      name: 'Photos',
      size: 68,
      align: 'end',
      isExtra: true,
      cell: (row) => <span>{row.photos_count}</span>,
    },
    {
      id: 'documents',
      name: 'Documents',
      size: 92,
      align: 'end',
      isExtra: true,
      cell: (row) => <span>{row.documents_count}</span>,
    },
    {
      id: 'created',
      name: 'Created',
      size: 96,
      sort: 'created_at',
      isExtra: true,
      cell: (row) => <Ago at={row.created_at} zone={timezone} />,
    },
    {
      id: 'updated',
      name: 'Changed',
      size: 96,
      sort: 'updated_at',
      isExtra: true,
      cell: (row) => <Ago at={row.updated_at} zone={timezone} />,
    },
    {
      id: 'total',
      name: 'Value',
      size: 84,
      align: 'end',
      cell: (row) =>
        row.total_amount === null ? NONE : <span>{moneyText(row.total_amount, currency)}</span>,
    },
  ];
}
