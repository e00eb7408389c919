"""Settings: roles with their permissions, and everybody's accounts."""

from typing import Annotated, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import Exchange, RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.operations import PUBLIC
from firstfix.api.problems import Busy
from firstfix.api.services import Services
from firstfix.api.shown import instant
from firstfix.api.web.job_rows import Instant, name_of
from firstfix.api.web.me import AccountTypeName
from firstfix.api.web.operations import operation
from firstfix.api.web.settings_wire import Made, Name, RightsChanged, given, uuid_in
from firstfix.domain.access.commands import members
from firstfix.domain.access.passwords import PASSWORD_CHECKS, SHORTEST_PASSWORD, TooManyChecks
from firstfix.domain.access.queries import Claim, NotAuthenticated
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.people import roles
from firstfix.domain.people.labels import key_groups
from firstfix.domain.people.permissions import MANAGE_ROLES, MANAGE_USERS
from firstfix.domain.work import AccountType, Work

ACCOUNT_TYPES: tuple[str, ...] = get_args(AccountTypeName)
ShortText = Annotated[str, Meta(max_length=200)]
Trades = Annotated[list[ShortText], Meta(max_length=50)]
BranchIds = Annotated[list[UUID], Meta(max_length=200)]
Secret = Annotated[str, Meta(max_length=200)]


class LabelledKey(Struct, kw_only=True):
    """A permission, and what it means."""

    key: str
    label: str


class KeyGroup(Struct, kw_only=True):
    name: str
    keys: list[LabelledKey]


class RoleSettings(Struct, kw_only=True):
    """A role. The administrators' holds every permission and stays."""

    id: int
    uuid: UUID
    name: str
    is_administrator: bool
    permission_keys: list[str]
    people_count: int


class RoleMatrix(Struct, kw_only=True):
    """All permissions in their groups, and which role holds which."""

    groups: list[KeyGroup]
    roles: list[RoleSettings]


class NewRole(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name
    permission_keys: Annotated[list[str], Meta(max_length=500)]


class RoleChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is; the keys are replaced whole."""

    name: Name | UnsetType = UNSET
    permission_keys: Annotated[list[str], Meta(max_length=500)] | UnsetType = UNSET


class Member(Struct, kw_only=True):
    """An account. `branches` are the uuids of those whose jobs it sees, or of its own one."""

    id: int
    uuid: UUID
    email: str
    first_name: str
    last_name: str
    phone: str | None
    account_type: AccountTypeName
    role: UUID
    role_name: str
    branches: list[UUID]
    trades: list[str]
    has_password: bool
    is_archived: bool
    created_at: Instant


class Members(Struct, kw_only=True):
    """A page of accounts by name; `total` is how many match."""

    total: int
    users: list[Member]


class MembersQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which accounts to list. `search` is looked for in names and addresses."""

    search: Annotated[str, Meta(max_length=200)] | None = None
    account_type: AccountTypeName | None = None
    role: UUID | None = None
    archived: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class NewMember(Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody to invite. Agents and landlords see the jobs of `branches`; others have one at most, their own."""

    email: ShortText
    first_name: ShortText = ""
    last_name: ShortText = ""
    phone: ShortText | None = None
    account_type: AccountTypeName
    role: UUID
    branches: BranchIds = []
    trades: Trades = []


class MemberChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is."""

    email: ShortText | UnsetType = UNSET
    first_name: ShortText | UnsetType = UNSET
    last_name: ShortText | UnsetType = UNSET
    phone: ShortText | UnsetType | None = UNSET
    account_type: AccountTypeName | UnsetType = UNSET
    role: UUID | UnsetType = UNSET
    branches: BranchIds | UnsetType = UNSET
    trades: Trades | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET


class Link(Struct, kw_only=True):
    """A link to hand to somebody, told this once: they set their own password by it, once."""

    link: str
    expires_at: Instant


class Invited(Link, kw_only=True):
    """Who was invited, and the link for them."""

    uuid: UUID


class ApiKeyShown(Struct, kw_only=True):
    uuid: UUID
    label: str
    created_at: Instant
    last_used_at: Instant


class ApiKeys(Struct, kw_only=True):
    """Somebody's API keys, the oldest first; the keys themselves are not kept."""

    api_keys: list[ApiKeyShown]


class NewApiKey(Struct, forbid_unknown_fields=True, kw_only=True):
    label: ShortText = ""


class ApiKeyMade(Struct, kw_only=True):
    """A key of the field API. It is told this once."""

    api_key: str


class PasswordLinkSecret(Struct, forbid_unknown_fields=True, kw_only=True):
    """The link's secret, which is the part of its address that browsers keep to themselves."""

    secret: Secret


class NewPassword(PasswordLinkSecret, forbid_unknown_fields=True, kw_only=True):
    password: Annotated[str, Meta(min_length=SHORTEST_PASSWORD, max_length=1024)]


@operation("GET", "/web/settings/roles", key=(MANAGE_ROLES, MANAGE_USERS), operation_id="getRoles", reply=RoleMatrix)
async def get_roles(reads: HotReads) -> RawJson:
    """Show which role holds which permissions."""
    body, document_types = await reads.row(role_list, {})
    return RawJson(b'{"groups":' + _groups(document_types) + b',"roles":' + body.encode() + b"}")


@operation("POST", "/web/settings/roles", key=MANAGE_ROLES, operation_id="addRole", status=201)
async def add_role(work: Work, data: NewRole) -> Made:
    """Add a role."""
    return Made(uuid=await roles.add_role(work, given(data)))


@operation("PATCH", "/web/settings/roles/{uuid:str}", key=MANAGE_ROLES, operation_id="changeRole")
async def change_role(work: Work, uuid: str, data: RoleChanges) -> RightsChanged:
    """Change a role's name or permissions."""
    ended = await roles.change_role(work, uuid_in(uuid, "Role"), given(data))
    return RightsChanged(ended_api_keys=ended)


@operation("DELETE", "/web/settings/roles/{uuid:str}", key=MANAGE_ROLES, operation_id="removeRole", status=204)
async def remove_role(work: Work, uuid: str) -> None:
    """Remove a role that nobody has."""
    await roles.remove_role(work, uuid_in(uuid, "Role"))


@operation("GET", "/web/settings/users", key=MANAGE_USERS, operation_id="listUsers", reply=Members)
async def list_users(reads: HotReads, query: MembersQuery) -> RawJson:
    """List accounts, by name."""
    account_type = None if query.account_type is None else ACCOUNT_TYPES.index(query.account_type) + 1
    search = None if query.search is None else query.search.strip()
    (body,) = await reads.row(
        member_list,
        {
            "search": search,
            "account_type": account_type,
            "role": query.role,
            "archived": query.archived,
            "limit": query.limit,
            "offset": query.offset,
        },
    )
    return RawJson(body.encode())


@operation("POST", "/web/settings/users", key=MANAGE_USERS, operation_id="inviteUser", status=201)
async def invite_user(work: Work, exchange: Exchange, data: NewMember) -> Invited:
    """Add an account, and make the link by which its owner sets a password."""
    uuid, link = await members.invite(work, _values(data))
    return Invited(uuid=uuid, link=_address_of(exchange, link), expires_at=link.expires_at)


@operation("PATCH", "/web/settings/users/{uuid:str}", key=MANAGE_USERS, operation_id="changeUser")
async def change_user(work: Work, uuid: str, data: MemberChanges) -> RightsChanged:
    """Change an account, archive it, or bring it back."""
    ended = await members.change_member(work, uuid_in(uuid, "User"), _values(data))
    return RightsChanged(ended_api_keys=ended)


@operation(
    "POST",
    "/web/settings/users/{uuid:str}/password-link",
    key=MANAGE_USERS,
    operation_id="makePasswordLink",
    status=201,
)
async def make_password_link(work: Work, exchange: Exchange, uuid: str) -> Link:
    """Make a link by which somebody sets a new password."""
    link = await members.make_password_link(work, uuid_in(uuid, "User"))
    return Link(link=_address_of(exchange, link), expires_at=link.expires_at)


@operation(
    "DELETE", "/web/settings/users/{uuid:str}/sessions", key=MANAGE_USERS, operation_id="endSessions", status=204
)
async def end_sessions(work: Work, uuid: str) -> None:
    """End somebody's sessions and bearer tokens."""
    await members.end_sessions(work, uuid_in(uuid, "User"))


@operation(
    "GET", "/web/settings/users/{uuid:str}/api-keys", key=MANAGE_USERS, operation_id="listApiKeys", reply=ApiKeys
)
async def list_api_keys(reads: HotReads, uuid: str) -> RawJson:
    """List somebody's API keys."""
    (body,) = await reads.row(api_key_list, {"uuid": uuid_in(uuid, "User")})
    if body is None:
        raise EntityNotFound("User", uuid)
    return RawJson(body.encode())


@operation("POST", "/web/settings/users/{uuid:str}/api-keys", key=MANAGE_USERS, operation_id="addApiKey", status=201)
async def add_api_key(work: Work, uuid: str, data: NewApiKey) -> ApiKeyMade:
    """Make an API key of the field API for somebody."""
    return ApiKeyMade(api_key=await members.add_api_key(work, uuid_in(uuid, "User"), label=data.label))


@operation(
    "DELETE",
    "/web/settings/users/{uuid:str}/api-keys/{key:str}",
    key=MANAGE_USERS,
    operation_id="revokeApiKey",
    status=204,
)
async def revoke_api_key(work: Work, uuid: str, key: str) -> None:
    """End one of somebody's API keys."""
    await members.revoke_api_key(work, uuid_in(uuid, "User"), uuid_in(key, "API key"))


@operation("POST", "/web/password/check", key=PUBLIC, operation_id="checkPasswordLink", status=204)
async def check_password_link(services: Services, exchange: Exchange, data: PasswordLinkSecret) -> None:
    """Say whether a link to set a password can be used."""
    await _require_open_link(services, exchange, data.secret)


@operation("POST", "/web/password", key=PUBLIC, operation_id="setPassword", status=204)
async def set_password(services: Services, exchange: Exchange, data: NewPassword) -> None:
    """Set one's own password with a link."""
    await _require_open_link(services, exchange, data.secret)  # nobody else makes us work
    try:
        password_hash = await PASSWORD_CHECKS.hash(data.password)
    except TooManyChecks as error:
        raise Busy from error
    claim = Claim(members.PASSWORD_LINK, data.secret)
    try:
        async with services.database.work(
            claim, operation_keys=(), source="web", request_id=exchange.request_id
        ) as work:
            await members.use_password_link(work, password_hash)
    except NotAuthenticated as error:
        raise members.PasswordLinkWorthless from error


def role_list(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that reads all roles, the administrators' first, and the document types."""
    return """
SELECT coalesce(json_agg(role ORDER BY role.is_administrator DESC, role.name, role.id), '[]')::text,
    (SELECT coalesce(json_object_agg(key, name ORDER BY position, id), '{}')::text FROM document_types)
FROM (
    SELECT id, uuid, name, is_administrator, permission_keys,
        (SELECT count(*) FROM people WHERE role_id = roles.id AND removed_at IS NULL) AS people_count
    FROM roles
) AS role"""


def member_list(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that reads a page of accounts and how many there are."""
    where = """people.removed_at IS NULL
        AND (%(search)s::text IS NULL OR position(lower(%(search)s::text) IN lower(
            people.first_name || ' ' || people.last_name || ' ' || people.email)) > 0)
        AND (%(account_type)s::integer IS NULL OR people.account_type = %(account_type)s::integer)
        AND (%(role)s::uuid IS NULL OR roles.uuid = %(role)s::uuid)
        AND (%(archived)s::boolean IS NULL OR (people.archived_at IS NOT NULL) = %(archived)s::boolean)"""
    source = f"FROM people JOIN roles ON roles.id = people.role_id WHERE {where}"
    return f"""
SELECT json_build_object('total', (SELECT count(*) {source}), 'users', (
    SELECT coalesce(json_agg(member), '[]') FROM (
        SELECT people.id, people.uuid, people.email, people.first_name, people.last_name, people.phone,
            {name_of("people.account_type - 1", ACCOUNT_TYPES)} AS account_type,
            roles.uuid AS role, roles.name AS role_name,
            ARRAY(SELECT branches.uuid FROM branches
                WHERE branches.id = people.branch_id OR branches.id IN (
                    SELECT branch_id FROM person_branches WHERE person_id = people.id)
                ORDER BY branches.id = people.branch_id DESC, branches.id) AS branches,
            people.trades, people.password_hash IS NOT NULL AS has_password,
            people.archived_at IS NOT NULL AS is_archived, {instant("people.created_at")} AS created_at
        {source}
        ORDER BY people.last_name, people.first_name, people.id
        LIMIT %(limit)s::integer OFFSET %(offset)s::integer
    ) AS member
))::text"""  # noqa: S608 (pieces of ours)


def api_key_list(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that reads somebody's API keys; nothing where there is nobody."""
    return f"""
SELECT json_build_object('api_keys', (
    SELECT coalesce(json_agg(key), '[]') FROM (
        SELECT uuid, label, {instant("created_at")} AS created_at, {instant("last_used_at")} AS last_used_at
        FROM credentials WHERE person_id = people.id AND kind = 'api_key' ORDER BY id
    ) AS key
))::text FROM people WHERE uuid = %(uuid)s AND removed_at IS NULL"""  # noqa: S608 (pieces of ours)


async def _require_open_link(services: Services, exchange: Exchange, secret: str) -> None:
    claim = Claim(members.PASSWORD_LINK, secret)
    try:
        async with services.database.work(claim, operation_keys=(), source="web", request_id=exchange.request_id):
            return
    except NotAuthenticated as error:
        raise members.PasswordLinkWorthless from error


def _address_of(exchange: Exchange, link: members.PasswordLink) -> str:
    # Behind the hash, so that neither proxies nor logs see it.
    return f"{exchange.base_url}/app/set-password#{link.secret}"


def _values(data: Struct) -> dict[str, object]:
    """Give what a body says, by column."""
    values = given(data)
    if "account_type" in values:
        values["account_type"] = ACCOUNT_TYPES.index(values["account_type"]) + 1
    return values


def _groups(document_types: str) -> bytes:
    groups = key_groups(msgspec.json.decode(document_types, type=dict[str, str]))
    return msgspec.json.encode(
        [
            KeyGroup(name=name, keys=[LabelledKey(key=key, label=label) for key, label in keys.items()])
            for name, keys in groups.items()
        ]
    )
