import type { ReactNode } from 'react';
import type { JobDetail } from '../../../shared/api/types';
import { dateText, durationText } from '../../../shared/format';
import { moneyText, percentText } from '../../../shared/money';
import { zoneCity } from '../../../shared/tz';
import { Address, Contact, Email, Fact, Instant, ZoneNote } from '../../ui/job/facts';
import jobClasses from '../../ui/job/job.module.css';
import { Person } from '../../ui/parts';
import classes from './job.module.css';

const SCHEDULED_STATES: Record<NonNullable<JobDetail['scheduled_state']>, string> = {
  tentative: 'Tentative',
  confirmed: 'Confirmed',
  dispatched: 'Dispatched',
};

function Group({ title, wide = false, children }: { title: string; wide?: boolean; children: ReactNode }) {
  return (
    <section className={`${classes['group']} ${wide ? classes['wide'] : ''}`}>
      <h2>{title}</h2>
      <dl>{children}</dl>
    </section>
  );
}

/** All fields of a job, by subject. */
export function Details({ job }: { job: JobDetail }) {
  const zone = job.time_zone;
  const money = (amount: string | null) =>
    amount !== null && <span className="tabular">{moneyText(amount, job.currency)}</span>;
  const instant = (at: string | null) => at !== null && <Instant at={at} zone={zone} />;
  return (
    <div className={classes['details']}>
      <div className={classes['column']}>
        <section className={classes['group']}>
          <h2>Description</h2>
          <p className={jobClasses['text']}>{job.description || 'No description.'}</p>
        </section>
        <Group title="Works" wide>
          <Fact name="Starts">{instant(job.scheduled_at)}</Fact>
          <Fact name="Start date">{job.works_start_on && dateText(job.works_start_on)}</Fact>
          <Fact name="End date">{job.works_end_on && dateText(job.works_end_on)}</Fact>
          <Fact name="Time range">{job.time_range_name}</Fact>
          <Fact name="Estimate">{job.estimated_minutes !== null && durationText(job.estimated_minutes)}</Fact>
          <Fact name="Appointment">{job.scheduled_state && SCHEDULED_STATES[job.scheduled_state]}</Fact>
          <Fact name="Started">{instant(job.started_at)}</Fact>
          <Fact name="Completed">{instant(job.completed_at)}</Fact>
          <Fact name="Time zone">
            {`${zoneCity(zone)} (${zone})`}
            <ZoneNote zone={zone} />
          </Fact>
        </Group>
        <Group title="Site and contacts" wide>
          <Fact name="Client">{job.customer && <Contact contact={job.customer} />}</Fact>
          {job.location.name && <Fact name="Site">{job.location.name}</Fact>}
          <Fact name="Address">
            <Address job={job} />
          </Fact>
          <Fact name={job.contacts.length === 1 ? 'Contact' : 'Contacts'}>
            {job.contacts.length > 0 && (
              <div className={classes['contacts']}>
                {job.contacts.map((contact) => (
                  <Contact key={contact.uuid} contact={contact} />
                ))}
              </div>
            )}
          </Fact>
        </Group>
        <Group title="Access and private contact" wide>
          <Fact name="Access">
            {job.access_details && <span className={jobClasses['text']}>{job.access_details}</span>}
          </Fact>
          <Fact name="Name">{job.private_contact_name}</Fact>
          <Fact name="E-mail">
            {job.private_contact_email && <Email address={job.private_contact_email} />}
          </Fact>
        </Group>
      </div>
      <div className={classes['column']}>
        <Group title="People">
          <Fact name="Engineer">{job.lead && <Person name={job.lead.name} />}</Fact>
          <Fact name="Crew">
            {job.crew.length > 0 && (
              <div className={classes['people']}>
                {job.crew.map((person) => (
                  <Person key={person.id} name={person.name} />
                ))}
              </div>
            )}
          </Fact>
          <Fact name="Contractor">{job.contractor?.name}</Fact>
          <Fact name="Agent">{job.agent?.name}</Fact>
          <Fact name="Branch">{job.branch_name}</Fact>
          <Fact name="Raised by">{job.created_by_name}</Fact>
        </Group>
        <Group title="Money">
          <Fact name="Client budget">{money(job.client_budget)}</Fact>
          <Fact name="Contractor budget">{money(job.contractor_budget)}</Fact>
          <Fact name="VAT">{job.vat_percentage !== null && percentText(job.vat_percentage)}</Fact>
          <Fact name="Total">{money(job.total_amount)}</Fact>
          <Fact name="Payment">{job.payment_status_name}</Fact>
        </Group>
        <Group title="References">
          <Fact name="Job">{job.reference}</Fact>
          <Fact name="Works order">{job.works_order_ref}</Fact>
          <Fact name="Quote">{job.quote_no}</Fact>
          <Fact name="Invoice">{job.invoice_no}</Fact>
          <Fact name="Photos">{String(job.photos_count)}</Fact>
          <Fact name="Documents">{String(job.documents_count)}</Fact>
          <Fact name="Created">{instant(job.created_at)}</Fact>
          <Fact name="Changed">{instant(job.updated_at)}</Fact>
        </Group>
      </div>
    </div>
  );
}
