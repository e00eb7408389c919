"""Making the demonstration and letting it grow. The transaction is the owner's; the caller opens and commits it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, func, select

from firstfix.domain.demo import filling
from firstfix.domain.demo.amendments import add_amendments
from firstfix.domain.demo.attachments import add_attachments
from firstfix.domain.demo.cast import LARKFIELD, TIDEWATER
from firstfix.domain.demo.errors import NotADemo
from firstfix.domain.demo.fields import declare_fields, fill_fields
from firstfix.domain.demo.invoices import add_invoices, add_lines
from firstfix.domain.demo.links import add_links
from firstfix.domain.demo.offices import add_office
from firstfix.domain.demo.people import found
from firstfix.domain.demo.photos import add_photos
from firstfix.domain.demo.promises import add_promises
from firstfix.domain.demo.queries import find_organisation_id
from firstfix.domain.demo.remedials import add_remedials
from firstfix.domain.demo.signatures import add_signatures
from firstfix.domain.demo.views import DemoOrganisation
from firstfix.domain.demo.world import read_world
from firstfix.domain.files.content_keys import add_content_key
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.founding.commands import work_for
from firstfix.domain.jobs.models import Job
from firstfix.domain.organisations.models import Organisation
from firstfix.kit.sealing import KeyRing

Progress = Callable[[int, int], None]
"""Told how many jobs are made and how many there will be, after each chunk."""
KeepFor = Callable[[int, bytes], StoredContent]
"""Puts an organisation's content into the store for good."""

SMALL_JOBS = 60
"""How many jobs the second organisation has."""
_FOUNDED_AGO = timedelta(days=3 * 365)


def fill_demo(
    connection: Connection,
    keys: KeyRing,
    jobs: int,
    *,
    now: datetime,
    keep: KeepFor | None = None,
    progress: Progress | None = None,
) -> list[DemoOrganisation]:
    """Found both organisations in an empty database, and fill them.

    Args:
        connection: The owner's.
        keys: The ring that sealed fields are sealed with.
        jobs: How many jobs the first organisation gets; 300 or more show everything.
        now: What all dates are relative to.
        keep: Puts pictures into the store; without one there are none.
        progress: See there.

    Returns:
        The organisations with their accounts' passwords and keys, which are random and kept nowhere else.

    Raises:
        NotADemo: The database has organisations.
    """
    if connection.scalar(select(func.count()).select_from(Organisation)):
        raise NotADemo
    now = now.replace(microsecond=0)
    demo: list[DemoOrganisation] = []
    for cast, count, made_before in ((LARKFIELD, jobs, 0), (TIDEWATER, SMALL_JOBS, jobs)):
        organisation = found(connection, cast, founded_at=now - _FOUNDED_AGO)
        add_content_key(connection, keys)
        declare_fields(connection)
        filling.add_first_places(connection, cast, organisation, known_at=now - _FOUNDED_AGO)
        world = read_world(connection, cast.slug)
        add_office(connection, cast, world, now=now)
        add_promises(connection, world, now=now)
        fill_fields(connection, world)
        tell = _tell_from(progress, made_before, jobs + SMALL_JOBS)
        with filling.for_jobs(connection, have=0, count=count):
            filling.add_jobs(connection, keys, world, have=0, count=count, now=now, tell=tell)
            if not made_before:  # the few jobs of the second change no statistics
                filling.settle(connection)
            invoiced = add_invoices(connection, world)
        add_lines(connection, world, invoiced)
        add_links(connection, world, now=now)
        add_amendments(connection, world, now=now)
        add_remedials(connection, world, now=now)
        filling.add_pins(connection, world, organisation, now=now)
        if keep is not None:
            add_signatures(connection, world, partial(keep, world.organisation_id))
            add_attachments(connection, world, partial(keep, world.organisation_id))
            add_photos(connection, world, partial(keep, world.organisation_id))
        demo.append(organisation)
    return demo


def grow_demo(
    connection: Connection, keys: KeyRing, jobs_total: int, *, now: datetime, progress: Progress | None = None
) -> int:
    """Add jobs to the first organisation until it has so many, with the people and places that go with them.

    Args:
        connection: The owner's.
        keys: The ring that sealed fields are sealed with.
        jobs_total: How many jobs the organisation has afterwards, unless it has more already.
        now: What all dates are relative to.
        progress: See there; it counts the added ones.

    Returns:
        How many were added.

    Raises:
        NotADemo: The database does not hold the demonstration.
        DemoChanged: Something that new jobs would be given to is not there any more.
    """
    organisation_id = find_organisation_id(connection)
    if organisation_id is None:
        raise NotADemo
    have = connection.scalar(select(func.count()).select_from(Job).filter_by(organisation_id=organisation_id)) or 0
    count = jobs_total - have
    if count <= 0:
        return 0
    now = now.replace(microsecond=0)
    work_for(connection, organisation_id)
    filling.grow_people(connection, LARKFIELD, jobs_total, hired_at=now - _FOUNDED_AGO)
    filling.grow_places(connection, LARKFIELD, jobs_total, known_at=now - _FOUNDED_AGO)
    world = read_world(connection, LARKFIELD.slug)
    tell = _tell_from(progress, 0, count)
    with filling.for_jobs(connection, have=have, count=count):
        filling.add_jobs(connection, keys, world, have=have, count=count, now=now, tell=tell)
        filling.settle(connection)
        invoiced = add_invoices(connection, world)
    add_lines(connection, world, invoiced)
    return count


def vacuum_demo(connection: Connection) -> None:
    """Let index-only scans see what was filled, without waiting for the server to get round to it.

    Args:
        connection: The owner's, outside of any transaction.
    """
    filling.vacuum(connection)


def _tell_from(progress: Progress | None, made_before: int, total: int) -> Callable[[int], None]:
    return lambda made: None if progress is None else progress(made_before + made, total)
