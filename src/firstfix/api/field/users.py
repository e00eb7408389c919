"""Users: who can be lead or crew of a job, and the exceptions from their working hours."""

from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.resources import Filter, Resource, Values, Writes, serve, serve_list
from firstfix.api.field.wire import Flag, Link, hex_sql, referred_sql, time_sql, wire_name
from firstfix.api.problems import Busy
from firstfix.domain.access.commands.accounts import add_user, change_user
from firstfix.domain.access.passwords import TooManyChecks
from firstfix.domain.jobs.workers import remove_worker
from firstfix.domain.people.kinds import USERS_SQL
from firstfix.domain.people.permissions import MANAGE_USERS, VIEW_OFFICE
from firstfix.domain.work import Work


class UserBody(Struct, kw_only=True, rename=wire_name):
    """The body of a user. `password` is never shown."""

    email: str | UnsetType | None = UNSET
    first_name: str | UnsetType | None = UNSET
    last_name: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    locale: str | UnsetType | None = UNSET
    time_zone: str | UnsetType | None = UNSET
    platform: Literal["ios", "android"] | UnsetType | None = UNSET
    role: Literal["Admin", "Employee"] | UnsetType | None = UNSET
    is_archived: Flag | UnsetType | None = UNSET
    password: str | UnsetType | None = UNSET


class User(Struct, rename="camel", kw_only=True):
    """Somebody who can be lead or crew."""

    uuid: str
    email: str
    first_name: str
    last_name: str
    phone: str | None
    locale: str
    timezone: str | None
    platform: Literal["ios", "android"] | None
    role: Literal["Admin", "Employee"]
    archived: bool
    custom_fields: dict[str, Any]
    link: Link


class WorkingException(Struct, kw_only=True):
    """A stretch of time against somebody's usual hours. `link` leads to all of theirs."""

    uuid: str
    start: str
    end: str
    link: Link


USERS = Resource(
    entity="User",
    plural="users",
    path="/user",
    table="people",
    shape=User,
    item=f"""
    people.email,
    people.first_name AS "firstName",
    people.last_name AS "lastName",
    people.phone,
    people.locale,
    people.time_zone AS timezone,
    people.platform,
    {referred_sql("CASE WHEN roles.is_administrator THEN 'Admin' ELSE 'Employee' END", "roles", by="people.role_id")}
        AS role,
    people.archived_at IS NOT NULL AS archived,
    json_build_object() AS "customFields\"""",
    filters={
        "firstName": Filter("people.first_name"),
        "lastName": Filter("people.last_name"),
        "email": Filter("people.email"),
        "archived": Filter("(people.archived_at IS NOT NULL)", "flag"),
    },
    sorts={"email": ("people.email",)},
    visible=lambda _: USERS_SQL,
    read_keys=VIEW_OFFICE,
)
EXCEPTIONS = Resource(
    entity="WorkingException",
    plural="working exceptions",
    path="/user/{ref:str}/exception",
    table="working_exceptions",
    shape=WorkingException,
    item=f"""
    {time_sql("working_exceptions.starts_at")} AS start,
    {time_sql("working_exceptions.ends_at")} AS end""",
    filters={
        "start": Filter("working_exceptions.ends_at", "time", "{operand} >= {value}"),
        "end": Filter("working_exceptions.starts_at", "time", "{operand} <= {value}"),
    },
    sorts={"start": ("working_exceptions.starts_at",), "uuid": ("working_exceptions.uuid",)},
    read_keys=VIEW_OFFICE,
    link=f"'/user/' || {hex_sql('%(parent)s::uuid')} || '/exception'",
)


async def create(work: Work, values: Values) -> UUID:
    """Add a user; refuse where too many passwords wait."""
    try:
        return await add_user(work, values)
    except TooManyChecks as error:
        raise Busy from error


async def change(work: Work, uuid: UUID, values: Values) -> None:
    """Change a user; refuse where too many passwords wait."""
    try:
        await change_user(work, uuid, values)
    except TooManyChecks as error:
        raise Busy from error


serve(USERS, Writes(key=MANAGE_USERS, body=UserBody, create=create, change=change, remove=remove_worker))
serve_list(
    EXCEPTIONS,
    operation_id="listUserExceptions",
    path=EXCEPTIONS.path,
    parent=(USERS, "working_exceptions.person_id"),
)
