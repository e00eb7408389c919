"""Making an organisation, as the database's owner: the app's role sees one organisation and founds none."""

from collections.abc import Sequence
from datetime import time
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, insert, text

from firstfix.domain.access.models import Credential
from firstfix.domain.catalogue.models import DocumentType, JobType, PaymentStatus, Priority, Status, TimeRange
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.organisations.models import Branch, Organisation
from firstfix.domain.people.models import Person, PersonBranch, Role
from firstfix.domain.people.permissions import DEFAULT_DOCUMENT_TYPES, DEFAULT_ROLES
from firstfix.domain.sla.models import WorkingWeek
from firstfix.domain.sla.rules import DEFAULT_WEEK
from firstfix.domain.work import AccountType
from firstfix.kit.secrets import hash_secret


class DefaultStatus(Struct, frozen=True):
    name: str
    stage: Stage
    colour: str
    requires_approval: bool = False
    pauses_sla: bool = False
    is_recall: bool = False


STATUSES = (
    DefaultStatus("New", Stage.NEW, "grey"),
    DefaultStatus("Awaiting quote", Stage.NEW, "amber", pauses_sla=True),
    DefaultStatus("Assigned", Stage.ASSIGNED, "blue"),
    DefaultStatus("Booked", Stage.ASSIGNED, "blue"),
    DefaultStatus("In progress", Stage.IN_PROGRESS, "violet"),
    DefaultStatus("On hold", Stage.IN_PROGRESS, "amber", pauses_sla=True),
    DefaultStatus("Recalled", Stage.IN_PROGRESS, "red", is_recall=True),
    DefaultStatus("Complete", Stage.COMPLETE, "green"),
    DefaultStatus("Ready to invoice", Stage.COMPLETE, "teal", requires_approval=True),
    DefaultStatus("Invoiced", Stage.CLOSED, "teal"),
    DefaultStatus("Archived", Stage.ARCHIVED, "grey"),
    DefaultStatus("Cancelled", Stage.CANCELLED, "grey"),
)
PRIORITIES = (("Emergency", "red"), ("High", "amber"), ("Medium", "blue"), ("Low", "grey"))
DEFAULT_PRIORITY = "Medium"
JOB_TYPES = (
    "General maintenance",
    "Gas & Heating",
    "Plumbing",
    "Electrical",
    "Carpentry",
    "Roofing",
    "Glazing",
    "Damp & Mould",
    "Fire safety",
    "Grounds",
)
PAYMENT_STATUSES = ("Not due", "Awaiting payment", "Part paid", "Paid")
TIME_RANGES = (
    ("Morning", time(8), time(12)),
    ("Midday", time(11), time(14)),
    ("Afternoon", time(12), time(17)),
    ("Evening", time(17), time(20)),
)


class NewPerson(Struct, frozen=True, kw_only=True):
    """Somebody to add. `branches`: what an agent or landlord sees, by name; the first is their own.

    `account_type` is that of the default role where it is not given.
    """

    email: str
    first_name: str
    last_name: str
    role: str
    account_type: AccountType | None = None
    phone: str | None = None
    branches: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    password_hash: str | None = None
    api_key: str | None = None


class FoundedPerson(Struct, frozen=True, kw_only=True):
    """Somebody who was added."""

    id: int
    uuid: UUID
    branch_ids: tuple[int, ...]


class Founded(Struct, frozen=True, kw_only=True):
    """What was made. Ids by name."""

    organisation_id: int
    organisation_uuid: UUID
    branch_ids: dict[str, int]
    role_ids: dict[str, int]


def found_organisation(
    connection: Connection,
    *,
    name: str,
    slug: str,
    branches: Sequence[str],
    time_zone: str = "Europe/London",
    currency: str = "GBP",
    job_prefix: str = "J",
    is_enterprise: bool = False,
    is_true_crew: bool = False,
) -> Founded:
    """Make an organisation with the roles and lookups that every one starts with.

    The connection is the owner's, in a transaction that afterwards works for the new organisation.
    """
    organisation = connection.execute(
        insert(Organisation)
        .values(
            name=name,
            slug=slug,
            time_zone=time_zone,
            currency=currency,
            job_prefix=job_prefix,
            is_enterprise=is_enterprise,
            is_true_crew=is_true_crew,
        )
        .returning(Organisation.id, Organisation.uuid)
    ).one()
    return furnish_organisation(
        connection, organisation_id=organisation.id, organisation_uuid=organisation.uuid, branches=branches
    )


def furnish_organisation(
    connection: Connection, *, organisation_id: int, organisation_uuid: UUID, branches: Sequence[str]
) -> Founded:
    """Give a new organisation the branches, roles and lookups that every one starts with."""
    work_for(connection, organisation_id)
    branch_rows = connection.execute(
        insert(Branch).returning(Branch.name, Branch.id),
        [{"name": branch, "code": branch[:3].upper()} for branch in branches],
    )
    role_rows = connection.execute(
        insert(Role).returning(Role.name, Role.id),
        [
            {"name": role, "is_administrator": role == "Administrator", "permission_keys": list(keys)}
            for role, (_, keys) in DEFAULT_ROLES.items()
        ],
    )
    founded = Founded(
        organisation_id=organisation_id,
        organisation_uuid=organisation_uuid,
        branch_ids={row.name: row.id for row in branch_rows},
        role_ids={row.name: row.id for row in role_rows},
    )
    connection.execute(
        insert(Status),
        [
            {
                "name": status.name,
                "stage": int(status.stage),
                "position": position,
                "colour": status.colour,
                "requires_approval": status.requires_approval,
                "pauses_sla": status.pauses_sla,
                "is_recall": status.is_recall,
            }
            for position, status in enumerate(STATUSES, start=1)
        ],
    )
    connection.execute(
        insert(Priority),
        [
            {
                "name": priority,
                "rank": rank,
                "position": rank,
                "colour": colour,
                "is_default": priority == DEFAULT_PRIORITY,
            }
            for rank, (priority, colour) in enumerate(PRIORITIES, start=1)
        ],
    )
    connection.execute(
        insert(JobType),
        [
            {"name": job_type, "position": position, "is_default": position == 1}
            for position, job_type in enumerate(JOB_TYPES, start=1)
        ],
    )
    connection.execute(
        insert(DocumentType),
        [
            {"name": name_, "key": key, "position": position}
            for position, (key, name_) in enumerate(DEFAULT_DOCUMENT_TYPES.items(), start=1)
        ],
    )
    connection.execute(
        insert(PaymentStatus),
        [{"name": status, "position": position} for position, status in enumerate(PAYMENT_STATUSES, start=1)],
    )
    connection.execute(
        insert(TimeRange),
        [
            {"name": name_, "position": position, "start_time": start, "end_time": end}
            for position, (name_, start, end) in enumerate(TIME_RANGES, start=1)
        ],
    )
    connection.execute(insert(WorkingWeek).values(hours=[list(stretch) for stretch in DEFAULT_WEEK]))
    return founded


def add_person(connection: Connection, founded: Founded, person: NewPerson) -> FoundedPerson:
    """Add somebody with their role, branches and, where given, an API key; their address counts as verified."""
    (added,) = add_people(connection, founded, [person])
    return added


def add_people(connection: Connection, founded: Founded, people: Sequence[NewPerson]) -> list[FoundedPerson]:
    """Add several at once, as `add_person` does one; gives them in the same order."""
    branches = [tuple(founded.branch_ids[branch] for branch in person.branches) for person in people]
    rows = connection.execute(
        insert(Person)
        .values(email_verified_at=text("now()"))
        .returning(Person.id, Person.uuid, sort_by_parameter_order=True),
        [
            {
                "email": person.email,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "phone": person.phone,
                "account_type": int(
                    DEFAULT_ROLES[person.role][0] if person.account_type is None else person.account_type
                ),
                "role_id": founded.role_ids[person.role],
                "branch_id": branch_ids[0] if branch_ids else None,
                "trades": list(person.trades),
                "password_hash": person.password_hash,
            }
            for person, branch_ids in zip(people, branches, strict=True)
        ],
    )
    added = [
        FoundedPerson(id=row.id, uuid=row.uuid, branch_ids=branch_ids)
        for row, branch_ids in zip(rows, branches, strict=True)
    ]
    seen = [{"person_id": one.id, "branch_id": branch_id} for one in added for branch_id in one.branch_ids]
    if seen:
        connection.execute(insert(PersonBranch), seen)
    keys = [
        {"kind": "api_key", "secret_hash": hash_secret(person.api_key), "person_id": one.id}
        for person, one in zip(people, added, strict=True)
        if person.api_key is not None
    ]
    if keys:
        connection.execute(insert(Credential), keys)
    return added


def work_for(connection: Connection, organisation_id: int) -> None:
    """Set the organisation of the owner's transaction, which fills every new row's."""
    connection.execute(
        text("SELECT set_config('firstfix.organisation', :organisation, true)"), {"organisation": str(organisation_id)}
    )
