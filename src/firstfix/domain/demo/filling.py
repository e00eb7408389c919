"""The steps of filling an organisation. The connection is the owner's and works for the organisation."""

import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, insert, select, text, update

from firstfix.domain.approvals.gate_models import GateDecision
from firstfix.domain.approvals.models import Amendment
from firstfix.domain.billing.models import Invoice, InvoiceLine
from firstfix.domain.catalogue.models import CatalogueItem, CatalogueTask
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.batches import TABLES, Batch
from firstfix.domain.demo.cast import Cast
from firstfix.domain.demo.copying import reserve_ids, reserve_numbers, written_in_bulk
from firstfix.domain.demo.courses import PAYMENT_STATUSES
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.errors import DemoChanged
from firstfix.domain.demo.lives import MOST_SLOTS, Narrator
from firstfix.domain.demo.notes import MOST_NOTES, answered_at, draw_notes
from firstfix.domain.demo.outlines import PRIORITIES, draw_outlines
from firstfix.domain.demo.people import hire_engineers
from firstfix.domain.demo.places import HOME, Estate, Tenant
from firstfix.domain.demo.scenarios import SCENARIOS
from firstfix.domain.demo.views import DemoOrganisation
from firstfix.domain.demo.words.work import SHARE_OF_JOBS
from firstfix.domain.demo.worksheets import MOST_TASKS
from firstfix.domain.demo.world import World, read_diary, read_world
from firstfix.domain.history.models import AuditChain, EventRow
from firstfix.domain.jobs.models import (
    Job,
    JobContact,
    JobCount,
    JobCrewMember,
    JobLabor,
    JobTask,
    JobTaskItem,
    JobWords,
    TimeSlot,
    TimeSlotPerson,
    WorkedHours,
)
from firstfix.domain.notes.models import CaseNote
from firstfix.domain.people.models import Person
from firstfix.domain.pins.models import Pin
from firstfix.domain.places.models import Asset, Contact, Customer, Location
from firstfix.domain.recalls.models import Recall
from firstfix.domain.remedials.models import RemedialLink
from firstfix.domain.work import AccountType
from firstfix.kit.sealing import KeyRing

_BATCH_JOBS = 2000
_SWITCH_SECONDS = 0.0005
_JOBS_OF_ONE_LOCATION = 8
_JOBS_OF_ONE_ENGINEER = 2000
_LOCATIONS_OF_ONE_LANDLORD = 3
_OFFICE_STAFF = 2  # one asks for an approval, another gives it
_PINNERS = ("admin", "manager", "engineer1", "engineer2")
_PINS_OF_ONE_PERSON = 4
_FILLED = ", ".join(
    table.__tablename__
    for table in (
        *(Customer, Location, Contact, Asset, Person, CatalogueTask, CatalogueItem),
        *(Job, JobContact, JobCrewMember, JobCount, TimeSlot, TimeSlotPerson, WorkedHours),
        *(JobTask, JobTaskItem, JobLabor, JobWords),
        *(Amendment, RemedialLink),
        *(GateDecision, Recall),
        *(CaseNote, Pin, EventRow),
    )
)

_PAST_ALARMS = text(
    "UPDATE jobs SET alarms_raised = CASE WHEN resolution_due_at <= now() THEN 2 ELSE 1 END"
    " WHERE organisation_id = :organisation_id AND alarm_at <= now()"
)
"""People were warned of past deadlines in the past: a server that starts now has no mails of days ago to send."""


def add_first_places(connection: Connection, cast: Cast, organisation: DemoOrganisation, *, known_at: datetime) -> None:
    """Write the customers that an organisation begins with; its tenant lives in a home of the first."""
    world = read_world(connection, cast.slug)
    draw = Draw(f"{cast.slug} places")
    estate = Estate(connection, draw, world.branch_ids, known_at)
    tenant: Tenant | None = _read_tenant(connection, organisation)
    for customer in cast.customers:
        customer_id = estate.add_customer(customer)
        for _ in range(customer.size):
            estate.add_location(customer_id, name=customer.name, kind=customer.kind, tenant=tenant)
            tenant = None
    for _ in range(cast.landlords):
        customer_id, name = estate.add_landlord()
        for _ in range(draw.between(1, _LOCATIONS_OF_ONE_LANDLORD)):
            estate.add_location(customer_id, name=name, kind=HOME)
    estate.write()


def grow_places(connection: Connection, cast: Cast, jobs_total: int, *, known_at: datetime) -> None:
    """Write more homes, of the customers that let homes and of new landlords, where so many jobs need more."""
    world = read_world(connection, cast.slug)
    have = len(world.places)
    draw = Draw(f"{cast.slug} places from {have}")
    estate = Estate(connection, draw, world.branch_ids, known_at)
    letting = [customer.name for customer in cast.customers if customer.kind == HOME]
    customers = select(Customer.id, Customer.name).where(
        Customer.organisation_id == world.organisation_id, Customer.name.in_(letting), Customer.archived_at.is_(None)
    )
    owners = [(row.id, row.name) for row in connection.execute(customers.order_by(Customer.id))]
    for _ in range(have, jobs_total // _JOBS_OF_ONE_LOCATION):
        if not owners or draw.chance(1 / (2 * _LOCATIONS_OF_ONE_LANDLORD)):
            owners.append(estate.add_landlord())
        customer_id, name = draw.early(owners)
        estate.add_location(customer_id, name=name, kind=HOME)
    estate.write()


def grow_people(connection: Connection, cast: Cast, jobs_total: int, *, hired_at: datetime) -> None:
    """Take on more engineers, where so many jobs need more."""
    world = read_world(connection, cast.slug)
    have = sum(len(team) for team in world.engineers.values())
    hire_engineers(
        connection,
        cast,
        role_id=world.engineer_role_id,
        branch_ids=tuple(world.branch_ids.values()),
        first=have,
        count=max(0, jobs_total // _JOBS_OF_ONE_ENGINEER - have),
        hired_at=hired_at,
    )


def for_jobs(connection: Connection, *, have: int, count: int) -> AbstractContextManager[None]:
    """Make ready for so many more jobs. If they are most of them, nobody else reads any until the transaction ends."""
    if count <= max(have, _BATCH_JOBS):
        return nullcontext()
    # When a slot is written, the database looks up the other slots of its job.
    tables = [table for table in (*TABLES, JobWords, Invoice, InvoiceLine) if table is not TimeSlot]
    return written_in_bulk(connection, tables)


def add_jobs(
    connection: Connection,
    keys: KeyRing,
    world: World,
    *,
    have: int,
    count: int,
    now: datetime,
    tell: Callable[[int], None],
) -> None:
    """Write jobs with all that hangs on them.

    Args:
        connection: See above.
        keys: The ring that sealed fields are sealed with.
        world: The organisation.
        have: How many jobs it has.
        count: How many to add.
        now: What their dates are relative to, in whole seconds.
        tell: Told after each chunk how many are written.

    Raises:
        DemoChanged: Something that they would be given to is missing.
    """
    _check(world)
    connection.execute(text("SELECT make_event_partitions()"))  # or the default one would take this month's
    # While one batch is written the next is told: that needs Python, and writing needs PostgreSQL.
    with _hurrying(), ThreadPoolExecutor(1, thread_name_prefix="demo") as writer:
        written = 0
        writing: Future[None] | None = None
        for batch in _tell_jobs(connection, keys, world, have=have, count=count, now=now):
            if writing is not None:
                writing.result()
                tell(written)
            writing = writer.submit(batch.write, connection)
            written += batch.jobs_count
        if writing is not None:
            writing.result()
            tell(written)
    connection.execute(_PAST_ALARMS, {"organisation_id": world.organisation_id})


@contextmanager
def _hurrying() -> Iterator[None]:
    """Let Python spend its time on the telling.

    There are no circles in what is told, and the collector would seek them in all. Whoever writes needs the interpreter
    for a moment after each piece that was sent; in the usual five milliseconds PostgreSQL would run dry.
    """
    was_enabled, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if was_enabled:
            gc.enable()


def _tell_jobs(
    connection: Connection, keys: KeyRing, world: World, *, have: int, count: int, now: datetime
) -> Iterator[Batch]:
    """Tell jobs in batches. The connection is free as soon as the first one is there."""
    numbers = reserve_numbers(connection, f"job_numbers_{world.organisation_id}", count)
    job_ids = reserve_ids(connection, Job, count)
    slot_ids = iter(reserve_ids(connection, TimeSlot, count * MOST_SLOTS))
    task_ids = iter(reserve_ids(connection, JobTask, count * MOST_TASKS))
    note_ids = iter(reserve_ids(connection, CaseNote, count * MOST_NOTES))
    draw = Draw(f"{world.slug} jobs from {numbers[:1]}")
    mail_draw = draw.apart("mail")
    new_batch = partial(
        Batch,
        draw,
        keys,
        slot_ids=slot_ids,
        task_ids=task_ids,
        note_ids=note_ids,
        notes_draw=draw.apart("notes"),
    )
    narrator = Narrator(draw, world, read_diary(connection, world, now), keys, now)
    outlines = draw_outlines(draw, world, have=have, count=count, now=now)
    batch = new_batch()
    for outline, job_id, number in zip(outlines, job_ids, numbers, strict=True):
        life = narrator.tell(outline, job_id=job_id, number=number)
        notes = draw_notes(draw, world, life, now, mail_draw=mail_draw)
        life.columns["responded_at"] = answered_at(notes, life.columns)
        batch.add(life, notes)
        if batch.jobs_count == _BATCH_JOBS:
            yield batch
            batch = new_batch()
    if batch.jobs_count:
        yield batch


def add_pins(connection: Connection, world: World, organisation: DemoOrganisation, *, now: datetime) -> None:
    """Pin some open jobs for the staff whose accounts are told; an engineer's are their own."""
    draw = Draw(f"{world.slug} pins")
    jobs = select(Job.id, Job.lead_id, Job.created_at).where(
        Job.organisation_id == world.organisation_id, Job.stage < Stage.COMPLETE
    )
    open_jobs = connection.execute(jobs.order_by(Job.id)).all()
    pins = []
    for account in organisation.accounts:
        if account.label not in _PINNERS:
            continue
        own = [job for job in open_jobs if job.lead_id == account.user_id]
        some = own if len(own) >= _PINS_OF_ONE_PERSON else open_jobs
        for job in draw.shuffled(some)[:_PINS_OF_ONE_PERSON]:
            pinned_at = job.created_at + (now - job.created_at) * draw.random()
            pins.append({"person_id": account.user_id, "job_id": job.id, "pinned_at": pinned_at})
    connection.execute(insert(Pin), pins)


def settle(connection: Connection) -> None:
    """Fold the counters, let the audit log take up old events that are new, and bring statistics up to date."""
    connection.execute(text("SELECT fold_job_counts()"))
    connection.execute(update(AuditChain).values(unpositioned_id=UUID(int=0)))
    connection.execute(text(f"ANALYZE {_FILLED}"))


def vacuum(connection: Connection) -> None:
    """Mark pages as visible to all, which no transaction can do."""
    connection.execute(text(f"VACUUM {_FILLED}, invoices, invoice_lines"))


def _check(world: World) -> None:
    needed = (
        ("status", {name for scenario in SCENARIOS for name in scenario.path} - world.statuses.keys()),
        ("priority", PRIORITIES - world.priority_ids.keys()),
        ("job type", SHARE_OF_JOBS.keys() - world.job_type_ids.keys()),
        ("payment status", PAYMENT_STATUSES - world.payment_status_ids.keys()),
        ("agent of branch", {name for name, id_ in world.branch_ids.items() if id_ not in world.agent_ids}),
    )
    for kind, names in needed:
        for name in sorted(names):
            raise DemoChanged(f"{kind} {name!r}")
    if len(world.office_ids) < _OFFICE_STAFF or not world.contractors:
        raise DemoChanged("office staff and contractors")


def _read_tenant(connection: Connection, organisation: DemoOrganisation) -> Tenant:
    ids = [account.user_id for account in organisation.accounts if account.account_type == AccountType.TENANT]
    person = connection.execute(
        select(Person.id, Person.first_name, Person.last_name, Person.email, Person.phone).where(Person.id.in_(ids))
    ).one()
    return Tenant(person.id, person.first_name, person.last_name, person.email, person.phone)
