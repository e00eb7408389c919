import { Fragment, type ReactNode } from 'react';
import type { JobDetail } from '../../../shared/api/types';
import { exactText } from '../../../shared/format';
import { browserZone } from '../../../shared/locale';
import { sameClock, zoneCity } from '../../../shared/tz';
import { Distance, Person } from '../parts';
import classes from './job.module.css';

const NOTHING = <span className="muted">–</span>;

/** One named value. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  const isEmpty = children === null || children === undefined || children === '' || children === false;
  return (
    <div className={classes['fact']}>
      <dt>{name}</dt>
      <dd>{isEmpty ? NOTHING : children}</dd>
    </div>
  );
}

/** A telephone number to dial. */
function Phone({ number }: { number: string }) {
  return <a href={`tel:${number.replaceAll(/[^+\d]/g, '')}`}>{number}</a>;
}

/** An e-mail address to write to. Where it is too long for its line it breaks beside the @ or a dot, not in a word. */
export function Email({ address }: { address: string }) {
  return (
    <a href={`mailto:${encodeURIComponent(address).replaceAll('%40', '@')}`}>
      {address.split(/(?<=@)|(?=\.)/).map((part, place) => (
        <Fragment key={place}>
          {place > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </a>
  );
}

interface Reachable {
  name: string;
  email: string | null;
  phone: string | null;
}

/** A name with the ways to reach it. */
export function Contact({ contact }: { contact: Reachable }) {
  return (
    <div className={classes['contact']}>
      <span>{contact.name}</span>
      {contact.phone !== null && <Phone number={contact.phone} />}
      {contact.email !== null && <Email address={contact.email} />}
    </div>
  );
}

/** An instant on the job's own clock; the zone is named when this browser's clock differs. */
export function Instant({ at, zone }: { at: string; zone: string }) {
  return <time dateTime={at}>{exactText(new Date(at), zone)}</time>;
}

/** When the work is planned: exactly, and how far away that is. */
export function Planned({ job }: { job: JobDetail }) {
  if (job.scheduled_at === null) return <span className="muted">Not planned yet</span>;
  return (
    <div className={classes['planned']}>
      <Instant at={job.scheduled_at} zone={job.time_zone} />
      <Distance at={job.scheduled_at} zone={job.time_zone} stage={job.stage} />
    </div>
  );
}

/** Who does the work. */
export function Assigned({ job }: { job: JobDetail }) {
  if (job.lead !== null) {
    return (
      <div className={classes['planned']}>
        <Person name={job.lead.name} />
        {job.lead.phone !== null && <Phone number={job.lead.phone} />}
      </div>
    );
  }
  if (job.contractor !== null) return <span>{job.contractor.name}</span>;
  return <span className="muted">Nobody yet</span>;
}

/** The site's address, line by line. */
export function Address({ job }: { job: JobDetail }) {
  const { line1, line2, city, region, postcode } = job.location;
  const lines = [line1, line2, [city, region].filter(Boolean).join(', '), postcode].filter(Boolean);
  if (lines.length === 0) return <span>{job.full_address}</span>;
  return (
    <address className={classes['address']}>
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </address>
  );
}

/** Says whose clock the times are on, when it is not the reader's. */
export function ZoneNote({ zone }: { zone: string }) {
  if (sameClock(new Date(), zone, browserZone)) return null;
  return <p className={classes['zone']}>Times are those of the site, in {zoneCity(zone)}.</p>;
}
