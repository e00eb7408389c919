import { ActionIcon, Button } from '@mantine/core';
import { IconAlertTriangle, IconArrowRight, IconX } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Problem } from '../../../shared/api/problem';
import { moneyText } from '../../../shared/money';
import { jobQuery } from '../../api/getJob';
import { Address, Assigned, Contact, Fact, Planned, ZoneNote } from '../../ui/job/facts';
import jobClasses from '../../ui/job/job.module.css';
import { JobBadges } from '../../ui/job/JobHeading';
import { PinButton } from '../../ui/job/PinButton';
import { StateMessage } from '../../ui/parts';
import { reasonText } from '../../ui/undo';
import classes from './jobs.module.css';
import peek from './peek.module.css';

interface Props {
  uuid: string;
  onClose: () => void;
}

/** A job beside the list: enough to decide, and the way to the rest. */
export function Peek({ uuid, onClose }: Props) {
  const {
    data: job,
    error,
    refetch,
    isPlaceholderData,
  } = useQuery({
    ...jobQuery(uuid),
    placeholderData: keepPreviousData,
  });
  const isGone = error instanceof Problem && error.status === 404;
  return (
    <aside className={classes['peekPanel']} aria-label="Peek" aria-busy={isPlaceholderData}>
      <header className={peek['head']}>
        <span className={peek['reference']}>{job?.reference}</span>
        {job !== undefined && <PinButton job={job} />}
        <Button
          component={Link}
          to="/jobs/$uuid"
          params={{ uuid } as never}
          size="compact-sm"
          variant="default"
          rightSection={<IconArrowRight size={14} stroke={1.8} aria-hidden />}
        >
          Open
        </Button>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Close the peek"
          title="Close (Esc)"
          onClick={onClose}
        >
          <IconX size={17} stroke={1.7} aria-hidden />
        </ActionIcon>
      </header>
      {error !== null && job === undefined ? (
        <StateMessage
          icon={<IconAlertTriangle size={28} stroke={1.4} aria-hidden />}
          title={isGone ? 'There is no such job' : 'The job could not be loaded'}
          actions={
            isGone ? (
              <Button onClick={onClose}>Close</Button>
            ) : (
              <Button onClick={() => void refetch()}>Try again</Button>
            )
          }
        >
          {isGone ? 'It may have been deleted, or you may no longer see it.' : reasonText(error)}
        </StateMessage>
      ) : job === undefined ? (
        <div className={peek['body']} role="status" aria-label="Loading the job">
          {['85%', '50%', '70%', '60%', '75%', '40%'].map((width) => (
            <span key={width} className={peek['bone']} style={{ width }} />
          ))}
        </div>
      ) : (
        // Reached by Tab, so that it can be scrolled with the keys.
        <div className={peek['body']} tabIndex={0} role="region" aria-label={job.reference}>
          <h2 className={peek['title']}>{job.title}</h2>
          <JobBadges job={job} />
          <dl className={peek['facts']}>
            <Fact name="Works date">
              <Planned job={job} />
            </Fact>
            <Fact name="Assigned to">
              <Assigned job={job} />
            </Fact>
            <Fact name="Site">
              <Address job={job} />
            </Fact>
            <Fact name="Contact">{job.contacts[0] && <Contact contact={job.contacts[0]} />}</Fact>
            <Fact name="Client">{job.customer?.name}</Fact>
            <Fact name="Value">
              {job.total_amount !== null && (
                <span className="tabular">{moneyText(job.total_amount, job.currency)}</span>
              )}
            </Fact>
            <Fact name="Files">
              {`${job.photos_count} ${job.photos_count === 1 ? 'photo' : 'photos'}, ${job.documents_count} ${
                job.documents_count === 1 ? 'document' : 'documents'
              }`}
            </Fact>
          </dl>
          <h3 className={peek['subtitle']}>Description</h3>
          <p className={jobClasses['text']}>{job.description || 'No description.'}</p>
          <ZoneNote zone={job.time_zone} />
        </div>
      )}
    </aside>
  );
}
