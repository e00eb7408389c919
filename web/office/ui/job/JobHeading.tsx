import type { JobDetail } from '../../../shared/api/types';
import { GATES, priorityBars } from '../../../shared/status';
import { useLookups } from '../../api/getLookups';
import { Badge, PriorityBars, Status } from '../parts';
import classes from './job.module.css';

/** Where a job stands: status, priority, type, and what stands in its way. */
export function JobBadges({ job }: { job: JobDetail }) {
  const { status, priority, ranks } = useLookups();
  const gate = job.gate_status === null ? null : GATES[job.gate_status];
  const colour = status.get(job.status_id)?.colour ?? 'grey';
  return (
    <div className={classes['badges']}>
      <Status status={{ name: job.status_name, colour }} substate={job.substate} />
      {gate !== null && <Badge colour={gate.colour}>{gate.name}</Badge>}
      {job.is_recall && <Badge colour="red">Recall</Badge>}
      <span className={classes['priority']}>
        <span aria-hidden>
          <PriorityBars
            level={priorityBars(priority.get(job.priority_id)?.rank ?? 0, ranks)}
            name={job.priority_name}
          />
        </span>
        {job.priority_name}
        <span className="visually-hidden"> priority</span>
      </span>
      <span className="muted">{job.job_type_name}</span>
    </div>
  );
}
