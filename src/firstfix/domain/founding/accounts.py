"""Accounts and API keys from the command line, as the database's owner.

For the first of an installation, and for when nobody can sign in who could do it in the web app.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from firstfix.domain.access.models import Credential
from firstfix.domain.access.passwords import SHORTEST_PASSWORD
from firstfix.domain.errors import Conflict, Invalid, NotFound
from firstfix.domain.founding.commands import Founded, FoundedPerson, NewPerson, add_person, work_for
from firstfix.domain.history.commands import TAKE_POSITION
from firstfix.domain.history.models import EventRow
from firstfix.domain.organisations.models import Branch, Organisation
from firstfix.domain.people.models import Person, Role
from firstfix.domain.people.rules import is_address
from firstfix.domain.work import Source
from firstfix.kit.secrets import API_KEY_BYTES, hash_secret, new_secret

_API_KEY = "api_key"
_ONE_ACCOUNT_CONSTRAINT = "uq_people_email"


class OrganisationNotFound(NotFound):
    code = "organisations.not_found"


class AccountNotFound(NotFound):
    code = "people.not_found"

    def __init__(self, email: str) -> None:
        super().__init__(f"Nobody signs in as {email}.")


class ApiKeyNotFound(NotFound):
    code = "access.api_key_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such API key.")


class AddressTaken(Conflict):
    code = "people.email_taken"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} signs in another account already.")


class NoSuchRole(Invalid):
    code = "people.no_such_role"


class NoSuchBranch(Invalid):
    code = "people.no_such_branch"


class WeakPassword(Invalid):
    code = "people.weak_password"

    def __init__(self) -> None:
        super().__init__(f"A password has at least {SHORTEST_PASSWORD} characters.", field="password")


class BadAddress(Invalid):
    code = "people.bad_email"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is not an e-mail address.", field="email")


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key of the field API as it is kept: the key itself is not."""

    uuid: UUID
    label: str
    created_at: datetime
    last_used_at: datetime


def check_password(password: str) -> str:
    """Return a password that is long enough.

    Raises:
        WeakPassword: It is not.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword
    return password


def check_email(email: str) -> str:
    """Return an address that somebody can sign in with.

    Raises:
        BadAddress: It is none.
    """
    if not is_address(email):
        raise BadAddress(email)
    return email


def find_founded(connection: Connection, slug: str | None) -> Founded:
    """Find an organisation, and work for it from now on in the owner's transaction.

    Args:
        connection: The owner's.
        slug: Its short name; `None` for the only one that there is.

    Raises:
        OrganisationNotFound: There is none, or several and none is named.
    """
    found = connection.execute(select(Organisation.id, Organisation.uuid, Organisation.slug).order_by(Organisation.id))
    organisations = [row for row in found if slug in (None, row.slug)]
    match organisations:
        case [organisation]:
            work_for(connection, organisation.id)
        case []:
            raise OrganisationNotFound(
                "There is no organisation yet." if slug is None else f"There is no organisation {slug}."
            )
        case several:
            names = ", ".join(row.slug for row in several)
            raise OrganisationNotFound(f"There are several organisations, name one: {names}.")
    return Founded(
        organisation_id=organisation.id,
        organisation_uuid=organisation.uuid,
        branch_ids=_ids_by_name(connection, Branch, organisation.id),
        role_ids=_ids_by_name(connection, Role, organisation.id),
    )


def create_account(
    connection: Connection, founded: Founded, person: NewPerson, *, source: Source = "cli"
) -> FoundedPerson:
    """Add somebody who can sign in. `source`: which way in their founder took, for the history.

    Raises:
        NoSuchRole: The organisation has no role of that name.
        NoSuchBranch: Nor such a branch.
        AddressTaken: The address signs in another account, of whichever organisation.
    """
    if person.role not in founded.role_ids:
        raise NoSuchRole(f"There is no role {person.role}. Roles: {', '.join(sorted(founded.role_ids))}.")
    for branch in person.branches:
        if branch not in founded.branch_ids:
            raise NoSuchBranch(f"There is no branch {branch}. Branches: {', '.join(sorted(founded.branch_ids))}.")
    try:
        added = add_person(connection, founded, person)
    except IntegrityError as error:
        if _ONE_ACCOUNT_CONSTRAINT in str(error.orig):
            raise AddressTaken(person.email) from error
        raise
    _record(connection, "created", person_id=added.id, person_uuid=added.uuid, label=person.email, source=source)
    return added


def reset_account(
    connection: Connection, *, email: str, password_hash: str, forget_second_factor: bool = False
) -> None:
    """Give somebody a new password and end their sessions and bearer tokens; API keys stay.

    Raises:
        AccountNotFound: Nobody signs in with the address.
    """
    person = _find_person(connection, email)
    values: dict[str, Any] = {"password_hash": password_hash}
    if forget_second_factor:
        values["second_factor_sealed"] = None
    connection.execute(update(Person).where(Person.id == person.id).values(values))
    connection.execute(delete(Credential).where(Credential.person_id == person.id, Credential.kind != _API_KEY))
    _record(connection, "password_reset", person_id=person.id, person_uuid=person.uuid, label=person.email)


def create_api_key(connection: Connection, *, email: str, label: str) -> str:
    """Make an API key of the field API. It has its person's rights.

    Returns:
        The key, which is not kept and cannot be shown again.

    Raises:
        AccountNotFound: Nobody signs in with the address.
    """
    person = _find_person(connection, email)
    key = new_secret(API_KEY_BYTES)
    row = {"kind": _API_KEY, "secret_hash": hash_secret(key), "person_id": person.id, "label": label}
    connection.execute(insert(Credential).values(row))
    _record(connection, "api_key_created", person_id=person.id, person_uuid=person.uuid, label=person.email)
    return key


def list_api_keys(connection: Connection, *, email: str) -> list[ApiKey]:
    """List somebody's API keys, oldest first.

    Raises:
        AccountNotFound: Nobody signs in with the address.
    """
    person = _find_person(connection, email)
    rows = connection.execute(
        select(Credential.uuid, Credential.label, Credential.created_at, Credential.last_used_at)
        .where(Credential.person_id == person.id, Credential.kind == _API_KEY)
        .order_by(Credential.id)
    )
    return [ApiKey(**row) for row in rows.mappings()]


def revoke_api_keys(connection: Connection, *, email: str, only: UUID | None) -> int:
    """End one of somebody's API keys, or all; returns how many.

    Raises:
        AccountNotFound: Nobody signs in with the address.
        ApiKeyNotFound: None was ended.
    """
    person = _find_person(connection, email)
    ending = delete(Credential).where(Credential.person_id == person.id, Credential.kind == _API_KEY)
    if only is not None:
        ending = ending.where(Credential.uuid == only)
    revoked = connection.execute(ending).rowcount
    if not revoked:
        raise ApiKeyNotFound
    _record(connection, "api_key_revoked", person_id=person.id, person_uuid=person.uuid, label=person.email)
    return revoked


def _find_person(connection: Connection, email: str) -> Row[int, UUID, str, int]:
    person = connection.execute(
        select(Person.id, Person.uuid, Person.email, Person.organisation_id).where(
            func.lower(Person.email) == email.lower(), Person.archived_at.is_(None)
        )
    ).one_or_none()
    if person is None:
        raise AccountNotFound(email)
    work_for(connection, person.organisation_id)
    return person


def _ids_by_name(connection: Connection, named: type[Branch | Role], organisation_id: int) -> dict[str, int]:
    rows = connection.execute(select(named.name, named.id).where(named.organisation_id == organisation_id))
    return {row.name: row.id for row in rows}


def _record(
    connection: Connection, action: str, *, person_id: int, person_uuid: UUID, label: str, source: Source = "cli"
) -> None:
    row = {"entity": "person", "entity_id": person_id, "entity_uuid": person_uuid, "label": label, "action": action}
    position = connection.scalar(TAKE_POSITION)
    connection.execute(insert(EventRow).values(source=source, position=position, **row))
