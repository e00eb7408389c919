import { ActionIcon, Button, Tabs } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowLeft,
  IconChevronDown,
  IconChevronUp,
  IconMapQuestion,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Problem } from '../../../shared/api/problem';
import type { JobDetail } from '../../../shared/api/types';
import { countText } from '../../../shared/format';
import { jobQuery } from '../../api/getJob';
import { useMe } from '../../api/getMe';
import { Address, Assigned, Contact, Planned } from '../../ui/job/facts';
import { JobBadges } from '../../ui/job/JobHeading';
import { PinButton } from '../../ui/job/PinButton';
import { StateMessage } from '../../ui/parts';
import { useShortcuts } from '../../ui/shortcuts';
import { reasonText } from '../../ui/undo';
import { usePin } from '../../ui/usePin';
import { useTitle } from '../../ui/useTitle';
import { Details } from './Details';
import { History } from './History';
import classes from './job.module.css';
import { Notes } from './Notes';
import { useNeighbours, type Neighbours } from './useNeighbours';

/** Everything about one job. */
export function Job() {
  const { uuid } = useParams({ from: '/shell/jobs/$uuid' });
  const { tab = 'details' } = useSearch({ from: '/shell/jobs/$uuid' });
  const navigate = useNavigate();
  const me = useMe();
  const pin = usePin();
  const { data: job, error, refetch } = useQuery(jobQuery(uuid));
  const neighbours = useNeighbours(job?.id, me.organisation.timezone);
  useTitle(job === undefined ? 'Job' : `${job.reference} ${job.title}`);

  function goTo(other: string | null): void {
    if (other !== null) {
      void navigate({ to: '/jobs/$uuid', params: { uuid: other }, search: (now) => now, replace: true });
    }
  }

  useShortcuts({
    j: () => goTo(neighbours.next),
    k: () => goTo(neighbours.previous),
    u: () => void navigate({ to: '/jobs', search: neighbours.list }),
    'shift+p': () => {
      if (job !== undefined && (job.abilities.pin || job.is_pinned)) pin(job, !job.is_pinned);
    },
  });

  const way = <Way job={job} neighbours={neighbours} onGo={goTo} />;
  if (error !== null && job === undefined) {
    const isGone = error instanceof Problem && (error.status === 404 || error.status === 400);
    return (
      <div className={classes['page']}>
        {way}
        <StateMessage
          isPage
          icon={
            isGone ? (
              <IconMapQuestion size={32} stroke={1.4} aria-hidden />
            ) : (
              <IconAlertTriangle size={32} stroke={1.4} aria-hidden />
            )
          }
          title={isGone ? 'There is no such job' : 'The job could not be loaded'}
          actions={
            isGone ? (
              <Button component={Link} to="/jobs">
                Go to jobs
              </Button>
            ) : (
              <Button onClick={() => void refetch()}>Try again</Button>
            )
          }
        >
          {isGone
            ? 'It may have been deleted, or you may not see it. Search for its reference, or ask whoever sent you the link.'
            : reasonText(error)}
        </StateMessage>
      </div>
    );
  }

  return (
    <div className={classes['page']}>
      {way}
      <div key={uuid} className={classes['scroll']}>
        <header className={classes['header']}>
          {job === undefined ? (
            <div className={classes['headBones']} role="status" aria-label="Loading the job">
              <span style={{ width: '45%' }} />
              <span style={{ width: '30%' }} />
            </div>
          ) : (
            <>
              <h1>{job.title}</h1>
              <JobBadges job={job} />
            </>
          )}
          <div className={classes['glance']}>
            <Glance name="Works date">{job && <Planned job={job} />}</Glance>
            <Glance name="Assigned to">{job && <Assigned job={job} />}</Glance>
            <Glance name="Site">{job && <Address job={job} />}</Glance>
            <Glance name="Contact">
              {job &&
                (job.contacts[0] ? (
                  <Contact contact={job.contacts[0]} />
                ) : (
                  <span className="muted">None</span>
                ))}
            </Glance>
          </div>
        </header>
        <Tabs
          value={tab}
          onChange={(value) =>
            void navigate({
              to: '/jobs/$uuid',
              params: { uuid },
              search: value === 'history' || value === 'notes' ? { tab: value } : {},
              replace: true,
            })
          }
          keepMounted={false}
        >
          <Tabs.List className={classes['tabs'] ?? ''} aria-label="Parts of the job">
            <Tabs.Tab value="details">Details</Tabs.Tab>
            {job?.abilities.read_notes && <Tabs.Tab value="notes">Notes</Tabs.Tab>}
            <Tabs.Tab value="history">History</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="details" className={classes['panel'] ?? ''}>
            {job === undefined ? <Bones /> : <Details job={job} />}
          </Tabs.Panel>
          <Tabs.Panel value="notes" className={classes['panel'] ?? ''}>
            {job === undefined ? (
              <Bones />
            ) : (
              <Notes uuid={uuid} zone={job.time_zone} mayWrite={job.abilities.write_notes} />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="history" className={classes['panel'] ?? ''}>
            {job === undefined ? <Bones /> : <History uuid={uuid} zone={job.time_zone} />}
          </Tabs.Panel>
        </Tabs>
      </div>
    </div>
  );
}

interface WayProps {
  job: JobDetail | undefined;
  neighbours: Neighbours;
  onGo: (uuid: string | null) => void;
}

/** Back to the list, the place in it, and its neighbours. */
function Way({ job, neighbours, onGo }: WayProps) {
  const { list, place, total, previous, next } = neighbours;
  return (
    <div className={classes['way']}>
      <Button
        component={Link}
        to="/jobs"
        search={list as never}
        size="compact-sm"
        variant="subtle"
        color="gray"
        leftSection={<IconArrowLeft size={15} stroke={1.8} aria-hidden />}
        title="Back to the list (U)"
      >
        Jobs
      </Button>
      <span className={classes['reference']}>{job?.reference}</span>
      <span className={classes['stretch']} />
      {place !== null && (
        <span className={classes['place']}>
          {countText(place)} of {countText(total)}
        </span>
      )}
      <ActionIcon
        variant="default"
        size={26}
        aria-label="Previous job"
        title="Previous job (K)"
        disabled={previous === null}
        onClick={() => onGo(previous)}
      >
        <IconChevronUp size={16} stroke={1.8} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size={26}
        aria-label="Next job"
        title="Next job (J)"
        disabled={next === null}
        onClick={() => onGo(next)}
      >
        <IconChevronDown size={16} stroke={1.8} aria-hidden />
      </ActionIcon>
      {job !== undefined && <PinButton job={job} />}
    </div>
  );
}

function Glance({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      {children ?? <Bones short />}
    </section>
  );
}

function Bones({ short = false }: { short?: boolean }) {
  return (
    <div className={classes['bones']} aria-hidden>
      {(short ? ['70%', '50%'] : ['60%', '85%', '75%', '40%']).map((width) => (
        <span key={width} style={{ width }} />
      ))}
    </div>
  );
}
