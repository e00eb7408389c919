"""What an office keeps beside its jobs: skills, service areas, reasons to be away, exceptions from working hours."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from firstfix.domain.catalogue.models import (
    CatalogueItem,
    CatalogueTask,
    JobTypeSkill,
    LaborRate,
    LaborRateTax,
    Skill,
    Tax,
)
from firstfix.domain.demo.cast import Cast
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.words.office import COLOURS, SKILLS, UNAVAILABILITY_TYPES
from firstfix.domain.demo.words.places import TOWNS
from firstfix.domain.demo.world import World
from firstfix.domain.organisations.models import ServiceArea, UnavailabilityType
from firstfix.domain.people.models import WorkingException

_REACH_DEGREES = 0.12
_EXCEPTION_SHARE = 0.4
_DAYS_AROUND = 30


def add_office(connection: Connection, cast: Cast, world: World, *, now: datetime) -> None:
    """Write all of it for one organisation, as the owner working for it.

    Args:
        connection: See above.
        cast: The organisation as it is told.
        world: The organisation as it is in the database.
        now: What dates are relative to.
    """
    _add_skills(connection, world)
    _tax(connection, world)
    connection.execute(
        insert(UnavailabilityType),
        [
            {"name": name, "description": description, "is_paid": is_paid}
            for name, description, is_paid in UNAVAILABILITY_TYPES
        ],
    )
    towns = [town for branch in cast.branches for town in TOWNS[branch]]
    connection.execute(
        insert(ServiceArea),
        [
            {
                "name": town.name,
                "description": f"{town.region}: {', '.join(town.districts)}",
                "colour": COLOURS[place % len(COLOURS)],
                "north": round(town.latitude + _REACH_DEGREES, 4),
                "east": round(town.longitude + _REACH_DEGREES, 4),
                "south": round(town.latitude - _REACH_DEGREES, 4),
                "west": round(town.longitude - _REACH_DEGREES, 4),
            }
            for place, town in enumerate(towns)
        ],
    )
    _add_exceptions(connection, world, now)


def _add_skills(connection: Connection, world: World) -> None:
    connection.execute(insert(Skill), [{"name": name} for name in SKILLS])
    ids = {
        row.name: row.id
        for row in connection.execute(select(Skill.name, Skill.id).filter_by(organisation_id=world.organisation_id))
    }
    connection.execute(
        insert(JobTypeSkill),
        [
            {"job_type_id": world.job_type_ids[job_type], "skill_id": ids[name]}
            for name, job_types in SKILLS.items()
            for job_type in job_types
        ],
    )


def _tax(connection: Connection, world: World) -> None:
    """Let labor and the price book be taxed as most things are."""
    ours = {"organisation_id": world.organisation_id}
    standard = connection.scalar(select(Tax.id).filter_by(**ours, name="Standard"))
    for table in (CatalogueTask, CatalogueItem):
        connection.execute(update(table).filter_by(**ours).values(tax1_id=standard))
    rates = connection.scalars(select(LaborRate.id).filter_by(**ours)).all()
    connection.execute(insert(LaborRateTax), [{"labor_rate_id": rate, "tax_id": standard} for rate in rates])


def _add_exceptions(connection: Connection, world: World, now: datetime) -> None:
    """Let some engineers start late or leave early on a day of these weeks."""
    draw = Draw(f"{world.slug} exceptions")
    midnight = now.astimezone(world.zone).replace(hour=0, minute=0, second=0)
    exceptions = []
    for engineers in world.engineers.values():
        for engineer in engineers:
            if draw.chance(_EXCEPTION_SHARE):
                day = midnight + timedelta(days=draw.between(-_DAYS_AROUND, _DAYS_AROUND))
                start = draw.one((8, 13))
                exceptions.append(
                    {
                        "person_id": engineer.id,
                        "starts_at": day.replace(hour=start),
                        "ends_at": day.replace(hour=start + draw.between(2, 4)),
                    }
                )
    if exceptions:
        connection.execute(insert(WorkingException), exceptions)
