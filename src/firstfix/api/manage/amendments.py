"""`/api/jobs/amend-request` and `/api/jobs/amendable-fields`: asking for changes, and deciding them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct, field

from firstfix.api.exchange import Exchange, RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.bodies import convert, invalid_parameter, is_form
from firstfix.api.manage.fields import Id, Page
from firstfix.api.manage.job_names import JobName, find_reference, read_uuid
from firstfix.api.manage.names import manage_name
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply, Success
from firstfix.api.problems import BadRequest
from firstfix.api.shown import full_name, instant
from firstfix.api.work_reads import read_in
from firstfix.domain.approvals.amendable import FIELDS, list_amendable_fields, visible_amendments_sql
from firstfix.domain.approvals.amendments import Decision, decide_amendment, get_amendment_id, request_amendment
from firstfix.domain.approvals.views import FieldKind, Option
from firstfix.domain.people.permissions import AMEND_REQUESTS, AMENDABLE_FIELDS, MANAGEMENT_AUTHORITY
from firstfix.domain.work import AccountType, Work

PATH = "/api/jobs/amend-request"
Reason = Annotated[str, Meta(pattern=r"\S")]
FieldValue: TypeAlias = Any
"""An amount, a date or an id, as the job object has the field; or null."""
AmendmentStatus = Literal["pending", "approved", "rejected"]

_FIELDS_BY_NAME: Final = {manage_name(one.name): one for one in FIELDS.values()}


class AmendableField(Struct, kw_only=True):
    """A field that the caller may ask to change. `options` are what a choice is made from, and empty for the rest."""

    field_name: str
    label: str
    type: FieldKind
    current_value: FieldValue
    options: list[Option]


class AmendRequest(Struct, kw_only=True):
    """What somebody has asked for. `current_value` is what the job showed then. Values are as the job has them."""

    id: int
    uuid: UUID
    job_uuid: UUID
    job_ref: str
    field_name: str
    current_value: FieldValue
    requested_value: FieldValue
    reason: str
    status: AmendmentStatus
    requested_by_name: str | None
    requested_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    decision_note: str | None


class AmendRequestFilters(Page, kw_only=True):
    """Which requests: of one job, of one status, or a single one. What nothing has gives an empty list."""

    job_uuid: str | None = None
    status: AmendmentStatus | None = None
    uuid: str | None = None


class NewAmendRequest(JobName, kw_only=True):
    """What is asked for. `field_name` and the type of the value are those of `amendable-fields`."""

    field_name: str
    requested_value: Any
    reason: Reason


class AmendRequestName(Struct, kw_only=True):
    """Which request, by either name; and what the decider has to say."""

    uuid: str | None = None
    amend_request_id: Id | None = None
    decision_note: str | None = None


class AmendDecision(AmendRequestName, kw_only=True):
    """What becomes of a request."""

    status: Decision


class _Money(Struct):
    value: Decimal = field(name="requested_value")


class _Date(Struct):
    value: date = field(name="requested_value")


class _Choice(Struct):
    value: Id = field(name="requested_value")


_SHAPES: Final[Mapping[FieldKind, type[_Money | _Date | _Choice]]] = {
    "money": _Money,
    "percent": _Money,
    "date": _Date,
    "choice": _Choice,
}


@operation(
    "GET",
    "/api/jobs/amendable-fields",
    key=AMENDABLE_FIELDS,
    operation_id="listAmendableFields",
    reply=Listed[AmendableField],
)
async def list_fields(work: Work, query: JobName) -> Reply:
    """List the fields of a job that the caller may ask to change; none of an archived or cancelled one."""
    fields = await list_amendable_fields(work, await find_reference(work, query, usual="job_uuid"))
    data = [
        AmendableField(
            field_name=manage_name(one.name),
            label=one.label,
            type=one.kind,
            current_value=one.current,
            options=list(one.options),
        )
        for one in fields
    ]
    return Reply(data=data, count=len(data))


@operation("GET", PATH, key=AMEND_REQUESTS, operation_id="listAmendRequests", reply=Listed[AmendRequest])
async def list_requests(reads: HotReads, query: AmendRequestFilters) -> Reply:
    """List requests for changes, newest first."""
    filters: dict[str, object] = {}
    if query.job_uuid is not None:
        filters["job_uuid"] = read_uuid("job_uuid", query.job_uuid)
    if query.status is not None:
        filters["status"] = query.status
    if query.uuid is not None:
        filters["uuid"] = read_uuid("uuid", query.uuid)
    page = {"limit": query.limit, "offset": query.offset}
    items, count = await reads.row(AmendmentList(tuple(filters)), {**filters, **page})
    return Reply(data=RawJson(items.encode()), count=count)


@operation("POST", PATH, key=AMEND_REQUESTS, operation_id="submitAmendRequest", status=201, reply=Success[AmendRequest])
@operation(
    "POST",
    PATH,
    action="create",
    key=AMEND_REQUESTS,
    operation_id="createAmendRequest",
    status=201,
    reply=Success[AmendRequest],
)
async def submit(work: Work, exchange: Exchange, data: NewAmendRequest) -> Reply:
    """Ask for a change of a field. It waits for somebody else's decision."""
    asked = _FIELDS_BY_NAME.get(data.field_name)
    if asked is None:
        raise invalid_parameter("field_name")
    given = convert({"requested_value": data.requested_value}, _SHAPES[asked.kind], is_form=is_form(exchange))
    id_ = await request_amendment(
        work,
        await find_reference(work, data, usual="job_uuid"),
        field_name=asked.name,
        value=given.value,
        reason=data.reason,
    )
    return await _read_request(work, id_)


@operation(
    "PATCH",
    PATH,
    key=MANAGEMENT_AUTHORITY,
    also=(AMEND_REQUESTS,),
    operation_id="decideAmendRequest",
    reply=Success[AmendRequest],
)
async def decide(work: Work, data: AmendDecision) -> Reply:
    """Approve a request, which writes its field, or reject it. Not one's own."""
    return await _decide(work, data, data.status)


@operation(
    "POST",
    PATH,
    action="approve",
    key=MANAGEMENT_AUTHORITY,
    also=(AMEND_REQUESTS,),
    operation_id="approveAmendRequest",
    reply=Success[AmendRequest],
)
async def approve(work: Work, data: AmendRequestName) -> Reply:
    """Approve a request: its field is written. Not one's own."""
    return await _decide(work, data, "approved")


@operation(
    "POST",
    PATH,
    action="reject",
    key=MANAGEMENT_AUTHORITY,
    also=(AMEND_REQUESTS,),
    operation_id="rejectAmendRequest",
    reply=Success[AmendRequest],
)
async def reject(work: Work, data: AmendRequestName) -> Reply:
    """Reject a request: its field stays as it is. Not one's own."""
    return await _decide(work, data, "rejected")


class AmendmentList(Struct, frozen=True):
    """The statement of a list: one for each set of filters."""

    filters: tuple[str, ...]

    def __call__(self, visible: str, account_type: AccountType) -> str:
        """Write the statement."""
        seen = visible_amendments_sql(account_type, person="me.person_id")
        where = " AND ".join((visible, seen, *(_CONDITIONS[name] for name in self.filters)))
        page = f"""
    SELECT amendments.*, jobs.uuid AS job_uuid, jobs.reference {_OF_JOBS} WHERE {where}
    ORDER BY amendments.created_at DESC, amendments.id DESC OFFSET %(offset)s LIMIT %(limit)s"""
        return f"SELECT {_objects(page)}, (SELECT count(*) {_OF_JOBS} WHERE {where})"


def one_amendment(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (who wrote it sees what came of it)
    """Write the statement that reads one request as a work has left it: a JSON array of it alone."""
    page = f"SELECT amendments.*, jobs.uuid AS job_uuid, jobs.reference {_OF_JOBS} WHERE amendments.id = %(id)s::bigint"
    return f"SELECT {_objects(page)}"


async def _decide(work: Work, name: AmendRequestName, decision: Decision) -> Reply:
    if name.uuid is None and name.amend_request_id is None:
        raise invalid_parameter("uuid")
    id_ = name.amend_request_id or 0
    if name.uuid is not None:
        id_ = await get_amendment_id(work, read_uuid("uuid", name.uuid))
        if name.amend_request_id not in (None, id_):
            raise BadRequest("amend_request_id and uuid name different requests.", field="amend_request_id")
    return await _read_request(
        work, await decide_amendment(work, id_, decision=decision, decision_note=name.decision_note or None)
    )


async def _read_request(work: Work, id_: int) -> Reply:
    (items,) = await read_in(work, one_amendment, {"id": id_}) or ("[]",)
    return Reply(data=RawJson(items.encode()[1:-1]))


_OF_JOBS = (
    "FROM amendments JOIN jobs ON jobs.organisation_id = amendments.organisation_id AND jobs.id = amendments.job_id"
)
_CONDITIONS: Final = {
    "job_uuid": """amendments.job_id IN (
        SELECT named.id FROM jobs AS named
        WHERE named.organisation_id = me.organisation_id AND named.uuid = %(job_uuid)s::uuid
        UNION ALL SELECT dispatches.job_id FROM dispatches
        WHERE dispatches.organisation_id = me.organisation_id AND dispatches.deferred_uuid = %(job_uuid)s::uuid)""",
    "status": "amendments.status = %(status)s::text",
    "uuid": "amendments.uuid = %(uuid)s::uuid",
}
_NAMES = " ".join(f"WHEN '{one.name}' THEN '{name}'" for name, one in _FIELDS_BY_NAME.items())
_DATES = ", ".join(f"'{one.name}'" for one in FIELDS.values() if one.kind == "date")


def _value(column: str) -> str:
    """Write the expression of a value as JSON: amounts and ids are kept as JSON has them."""
    return f"CASE WHEN page.field_name IN ({_DATES}) THEN to_json(page.{column}) ELSE page.{column}::json END"


def _objects(page: str) -> str:
    return f"""
(SELECT coalesce(json_agg(objects), '[]')::text FROM (
    SELECT page.id, page.uuid, page.job_uuid, page.reference AS job_ref,
        CASE page.field_name {_NAMES} END AS field_name,
        {_value("current_value")} AS current_value, {_value("requested_value")} AS requested_value,
        page.reason, page.status,
        {full_name("requesters")} AS requested_by_name, {instant("page.created_at")} AS requested_at,
        {full_name("deciders")} AS decided_by_name, {instant("page.decided_at")} AS decided_at, page.decision_note
    FROM ({page}) AS page
    LEFT JOIN people AS requesters
        ON requesters.organisation_id = page.organisation_id AND requesters.id = page.requested_by_id
    LEFT JOIN people AS deciders ON deciders.organisation_id = page.organisation_id AND deciders.id = page.decided_by_id
    ORDER BY page.created_at DESC, page.id DESC
) AS objects)"""  # noqa: S608 (pieces of ours; values are parameters)
