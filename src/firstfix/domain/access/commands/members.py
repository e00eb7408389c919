"""Accounts of every type, as the office keeps them: invited, changed, archived. One event for each change.

Nobody reaches above themselves: an account that holds a key which the actor lacks, or would by its new role, is left to
those who hold it, and administrators to administrators. An administrator who was denied a key lacks it like everybody.
Who sees a part of the organisation alone keeps no accounts, whatever keys they hold: by another's, or by a wider one of
their own, they would see the rest.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, insert, select, text

from firstfix.domain.access.commands.sign_in import end_credentials
from firstfix.domain.access.models import Credential
from firstfix.domain.errors import EntityNotFound, NotFound, ValueRefused, ValueTaken
from firstfix.domain.organisations.kinds import BRANCH
from firstfix.domain.organisations.rules import check_time_zone
from firstfix.domain.people.administrators import keep_one, lock_administrators
from firstfix.domain.people.errors import AccountTypeNeeded, AddressTaken, NotStaff
from firstfix.domain.people.kinds import PERSON, ROLE
from firstfix.domain.people.models import Person
from firstfix.domain.people.reach import require_reach_of, require_reach_to, role_of
from firstfix.domain.people.rising import end_ways_in_of_others
from firstfix.domain.people.rules import is_address
from firstfix.domain.rows import (
    Row,
    add_row,
    archiving,
    change_row,
    find_id,
    find_ids,
    get_row,
    linked,
    record_row,
    set_links,
)
from firstfix.domain.work import AccountType, Work
from firstfix.kit.secrets import API_KEY_BYTES, hash_secret, new_secret

Values = Mapping[str, Any]

PASSWORD_LINK: Final = "password_link"  # noqa: S105 (the kind of a credential)
INVITATION_LASTS: Final = timedelta(days=7)
RESET_LASTS: Final = timedelta(hours=24)
_API_KEY = "api_key"
_BY_BRANCH = (AccountType.AGENT, AccountType.LANDLORD)
_IS_NEEDED = text("""
SELECT CASE :was
    WHEN 2 THEN EXISTS (SELECT FROM jobs WHERE agent_id = :id)
    WHEN 4 THEN EXISTS (SELECT FROM contacts WHERE person_id = :id)
    WHEN 5 THEN EXISTS (SELECT FROM jobs WHERE contractor_id = :id) ELSE false END
OR (:was IN (1, 5) AND :becomes NOT IN (1, 5) AND (
    EXISTS (SELECT FROM jobs WHERE lead_id = :id) OR EXISTS (SELECT FROM job_crew WHERE person_id = :id)))
""")


class PasswordLinkWorthless(NotFound):
    """Made up, used, too old, or of an account that was archived: not told apart."""

    code = "access.password_link_worthless"

    def __init__(self) -> None:
        super().__init__("This link does not work any more. It works once: ask for a new one.")


class PasswordLink(Struct, frozen=True, kw_only=True):
    """A link by which somebody sets their own password, once. Its secret is told this once."""

    secret: str
    expires_at: datetime


async def invite(work: Work, values: Values) -> tuple[UUID, PasswordLink]:
    """Add an account, and make the link by which its owner sets a password; until then nobody signs in.

    Args:
        work: The open transaction.
        values: By column; besides those `role` and `branches`, by uuid.

    Raises:
        ValueRefused: A value that no account can have; agents and landlords have a branch at least.
        AddressTaken: The address signs in an account, of whichever organisation.
        ReferenceNotFound: There is no such role or branch.
        NotStaff: Others than staff cannot be administrators.
        OnlyAdministrators: It would be an administrator, and the actor is none.
        BeyondOwnRights: It would have a key that the actor does not have, or the actor is not staff.
    """
    given = _checked(values)
    role = await _find_role(work, given.pop("role"))
    _check_role(work, role, given["account_type"])
    branch_ids = await _find_branches(work, given.pop("branches", ()), given["account_type"])
    given |= {"role_id": role["id"], "branch_id": next(iter(branch_ids), None)}
    row = await _write(add_row(work, PERSON, given))
    if given["account_type"] in _BY_BRANCH:
        await set_links(work, "person_branches", ("person_id", row["id"]), "branch_id", branch_ids)
    uuid: UUID = row["uuid"]
    return uuid, await _make_link(work, row, INVITATION_LASTS)


async def change_member(work: Work, uuid: UUID, values: Values) -> int:
    """Change an account. What it may do counts at once; another role, type or address ends its sessions.

    It ends the link to set a password as well: whoever made that may have no say about the account that it is now. So
    do another role and type with API keys that somebody else made for its owner.

    Archiving ends everything that lets its owner in; brought back, they sign in with their password.

    Args:
        work: The open transaction.
        uuid: Whose it is.
        values: As `invite` takes them; besides those `is_archived`.

    Returns:
        How many such keys were ended.

    Raises:
        EntityNotFound: There is no such account.
        LastAdministrator: Nobody would be left to administrate.
        AccountTypeNeeded: The type would change, and jobs or places name them for what they are.
        ValueRefused: As `invite` has it; likewise the other refusals.
    """
    administrators = await lock_administrators(work)
    row = await _get_member(work, uuid, to_remove="account_type" in values)
    given = archiving(work, row, _checked(values))
    role = await _find_role(work, given.pop("role")) if "role" in given else await role_of(work, row)
    account_type: int = given["account_type"] if "account_type" in given else row["account_type"]
    _check_role(work, role, account_type)
    given["role_id"] = role["id"]
    if account_type != row["account_type"] and await work.session.scalar(
        _IS_NEEDED, {"id": row["id"], "was": row["account_type"], "becomes": account_type}
    ):
        raise AccountTypeNeeded
    links = {}
    if "branches" in given or account_type != row["account_type"]:
        owner = ("person_id", row["id"])
        before = await linked(work, "person_branches", owner, "branch_id")
        branch_ids = before or [row["branch_id"]] * (row["branch_id"] is not None)
        if "branches" in given:
            branch_ids = await _find_branches(work, given.pop("branches"), account_type)
        _check_branches(branch_ids, account_type)
        seen = branch_ids if account_type in _BY_BRANCH else []
        links["branch_ids"] = await set_links(work, "person_branches", owner, "branch_id", seen)
        given["branch_id"] = next(iter(branch_ids), None)
    is_archived = given.get("archived_at") is not None
    if is_archived or not role["is_administrator"]:
        keep_one(administrators, row["id"])
    await _write(change_row(work, PERSON, row, given, links=links))
    if is_archived:
        await work.session.execute(delete(Credential).where(Credential.person_id == row["id"]))
        return 0
    if any(given.get(name, row[name]) != row[name] for name in ("role_id", "account_type", "email")):
        await _end_all_but_api_keys(work, row["id"])
    is_another = role["id"] != row["role_id"] or account_type != row["account_type"]
    return await end_ways_in_of_others(work, [row]) if is_another else 0


async def make_password_link(work: Work, uuid: UUID) -> PasswordLink:
    """Make a link by which somebody sets a new password; an earlier one ends, and the old password works until then.

    Raises:
        EntityNotFound: There is no such account, or it is archived.
        OnlyAdministrators: They are an administrator, and the actor is none.
        BeyondOwnRights: They hold a key that the actor does not hold, or the actor is not staff.
    """
    row = await _get_member(work, uuid, is_open=True)
    link = await _make_link(work, row, RESET_LASTS)
    record_row(work, PERSON, row, "password_link_made", {})
    return link


async def use_password_link(work: Work, password_hash: str) -> None:
    """Set the password of whoever the link that opened this work is for. It ends their sessions, and the link.

    Raises:
        PasswordLinkWorthless: Somebody else was faster.
    """
    used = delete(Credential).where(Credential.id == work.actor.credential_id).returning(Credential.person_id)
    person_id = await work.session.scalar(used)
    if person_id is None:
        raise PasswordLinkWorthless
    row = dict((await work.session.execute(select(*PERSON.columns).filter_by(id=person_id))).mappings().one())
    await change_row(
        work,
        PERSON,
        row,
        {"password_hash": password_hash, "email_verified_at": row["email_verified_at"] or work.now},
    )
    await _end_all_but_api_keys(work, person_id)


async def end_sessions(work: Work, uuid: UUID) -> None:
    """End somebody's sessions and bearer tokens.

    Raises:
        EntityNotFound: There is no such account.
        OnlyAdministrators: They are an administrator, and the actor is none.
        BeyondOwnRights: They hold a key that the actor does not hold, or the actor is not staff.
    """
    row = await _get_member(work, uuid)
    await end_credentials(work, person_id=row["id"])
    record_row(work, PERSON, row, "sessions_ended", {})


async def add_api_key(work: Work, uuid: UUID, *, label: str) -> str:
    """Make an API key of the field API for somebody; it has their rights.

    Returns:
        The key, which is not kept and cannot be shown again.

    Raises:
        EntityNotFound: There is no such account, or it is archived.
        OnlyAdministrators: They are an administrator, and the actor is none.
        BeyondOwnRights: They hold a key that the actor does not hold, or the actor is not staff.
    """
    row = await _get_member(work, uuid, is_open=True)
    key = new_secret(API_KEY_BYTES)
    values = {"kind": _API_KEY, "secret_hash": hash_secret(key), "person_id": row["id"], "label": label}
    is_given = row["id"] != work.actor.person_id
    await work.session.execute(insert(Credential).values(values | {"is_given": is_given}))
    record_row(work, PERSON, row, "api_key_created", {})
    return key


async def revoke_api_key(work: Work, uuid: UUID, key: UUID) -> None:
    """End one of somebody's API keys.

    Raises:
        EntityNotFound: There is no such account, or they have no such key.
        OnlyAdministrators: They are an administrator, and the actor is none.
        BeyondOwnRights: They hold a key that the actor does not hold, or the actor is not staff.
    """
    row = await _get_member(work, uuid)
    is_it = (Credential.person_id == row["id"], Credential.kind == _API_KEY, Credential.uuid == key)
    if await work.session.scalar(delete(Credential).where(*is_it).returning(Credential.id)) is None:
        raise EntityNotFound("API key", key)
    record_row(work, PERSON, row, "api_key_revoked", {})


async def _get_member(work: Work, uuid: UUID, *, is_open: bool = False, to_remove: bool = False) -> Row:
    """Fetch and lock an account that the actor may change."""
    row = await get_row(work, PERSON, uuid, visible=Person.removed_at.is_(None), to_remove=to_remove)
    if is_open and row["archived_at"] is not None:
        raise EntityNotFound(PERSON.entity, uuid)
    await require_reach_of(work, row)
    return row


async def _find_role(work: Work, uuid: UUID) -> Row:
    """Find a role, and keep it from being removed until the work ends."""
    return await role_of(work, {"role_id": await find_id(work, ROLE, uuid, field="role")})


def _check_role(work: Work, role: Row, account_type: int) -> None:
    if role["is_administrator"] and account_type != AccountType.STAFF:
        raise NotStaff
    require_reach_to(work, role)


async def _find_branches(work: Work, uuids: list[UUID], account_type: int) -> list[int]:
    branch_ids = await find_ids(work, BRANCH, uuids, field="branches")
    _check_branches(branch_ids, account_type)
    return branch_ids


def _check_branches(branch_ids: list[int], account_type: int) -> None:
    if account_type in _BY_BRANCH and not branch_ids:
        raise ValueRefused("Agents and landlords see the jobs of their branches: name one.", field="branches")
    if account_type not in _BY_BRANCH and len(branch_ids) > 1:
        raise ValueRefused("Only agents and landlords have several branches.", field="branches")


def _checked(values: Values) -> dict[str, Any]:
    given = dict(values)
    if "email" in given:
        given["email"] = given["email"].strip()
        if not is_address(given["email"]):
            raise ValueRefused("This is no e-mail address.", field="email")
    if given.get("time_zone") is not None:
        check_time_zone(given["time_zone"])
    return given


async def _write(writing: Any) -> Any:  # noqa: ANN401 (a row, or whether there was a change)
    try:
        return await writing
    except ValueTaken as taken:
        raise AddressTaken from taken


async def _end_all_but_api_keys(work: Work, person_id: int) -> None:
    """End what lets somebody in, or lets them set a password; API keys are revoked one by one."""
    ending = delete(Credential).where(Credential.person_id == person_id, Credential.kind != _API_KEY)
    await work.session.execute(ending)


async def _make_link(work: Work, row: Row, lasts: timedelta) -> PasswordLink:
    is_earlier = (Credential.person_id == row["id"], Credential.kind == PASSWORD_LINK)
    await work.session.execute(delete(Credential).where(*is_earlier))
    link = PasswordLink(secret=new_secret(), expires_at=work.now + lasts)
    values = {"kind": PASSWORD_LINK, "secret_hash": hash_secret(link.secret), "expires_at": link.expires_at}
    await work.session.execute(insert(Credential).values(person_id=row["id"], **values))
    return link
