"""Settings: what jobs are sorted into. Statuses with stages and gates, priorities, types, time ranges, payment."""

from datetime import time
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.web.job_rows import STAGE_NAMES, StageName, name_of
from firstfix.api.web.lookups import Colour
from firstfix.api.web.operations import operation
from firstfix.api.web.settings_wire import Made, Name, given, uuid_in
from firstfix.domain.catalogue import commands, document_types, lookups
from firstfix.domain.people.permissions import MANAGE_SETTINGS
from firstfix.domain.work import AccountType, Work

ReminderHours = Annotated[int, Meta(ge=1, le=8_784)]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
"""A local time, `HH:MM`."""


class Choice(Struct, kw_only=True):
    """Something that jobs can have. `id` is what jobs hold, `uuid` what it is changed by."""

    id: int
    uuid: UUID
    name: str
    position: int


class StatusChoice(Choice, kw_only=True):
    """A status; one that requires approval is a gate. Recalled jobs come to the one that `is_recall`.

    A job that has stood in it for `reminder_hours` is reminded of by mail, once; null: never.
    """

    stage: StageName
    colour: Colour
    requires_approval: bool
    is_recall: bool
    reminder_hours: int | None


class PriorityChoice(Choice, kw_only=True):
    """A priority. Rank 1 is the most urgent; the default is that of jobs which name none."""

    rank: int
    colour: Colour
    is_default: bool


class JobTypeChoice(Choice, kw_only=True):
    is_default: bool
    is_archived: bool


class TimeRangeChoice(Choice, kw_only=True):
    """A part of the day. A start lies in the first one that holds it, its end not included."""

    start_time: ClockTime
    end_time: ClockTime


class DocumentTypeChoice(Choice, kw_only=True):
    """What documents are filed under. `key` is its part of the permission keys `document.<key>.upload|read|delete`."""

    key: str


class Choices(Struct, kw_only=True):
    """All that jobs can have, each in its order."""

    statuses: list[StatusChoice]
    priorities: list[PriorityChoice]
    job_types: list[JobTypeChoice]
    time_ranges: list[TimeRangeChoice]
    payment_statuses: list[Choice]
    document_types: list[DocumentTypeChoice]


class Order(Struct, forbid_unknown_fields=True, kw_only=True):
    """All of them, in the order that they are to have."""

    uuids: Annotated[list[UUID], Meta(max_length=1000)]


class NewStatus(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name
    stage: StageName
    colour: Colour = "grey"
    requires_approval: bool = False
    reminder_hours: ReminderHours | None = None


class StatusChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is. The stage changes only while no job has the status.

    Made the one that recalled jobs come to, it takes the place of the one that was. Without one they come to the first
    status of the latest stage before complete that needs no approval. New hours of a reminder count for jobs that come
    to the status from then on.
    """

    name: Name | UnsetType = UNSET
    stage: StageName | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET
    requires_approval: bool | UnsetType = UNSET
    is_recall: bool | UnsetType = UNSET
    reminder_hours: ReminderHours | UnsetType | None = UNSET


class NewPriority(Struct, forbid_unknown_fields=True, kw_only=True):
    """Without a rank it is the least urgent one."""

    name: Name
    rank: int | UnsetType = UNSET
    colour: Colour = "grey"
    is_default: bool = False


class PriorityChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is. Made the default, it takes the place of the one that was."""

    name: Name | UnsetType = UNSET
    rank: int | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class NewJobType(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name
    is_default: bool = False


class JobTypeChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is. An archived type stays with the jobs that have it, and no other gets it."""

    name: Name | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET


class NewTimeRange(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name
    start_time: ClockTime
    end_time: ClockTime


class TimeRangeChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is. The times change only while no job is booked into it."""

    name: Name | UnsetType = UNSET
    start_time: ClockTime | UnsetType = UNSET
    end_time: ClockTime | UnsetType = UNSET


class NamedChoice(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name


@operation("GET", "/web/settings/choices", key=MANAGE_SETTINGS, operation_id="getChoices", reply=Choices)
async def get_choices(reads: HotReads) -> RawJson:
    """List what jobs can have, as it is set up."""
    (body,) = await reads.row(choices, {})
    return RawJson(body.encode())


@operation("POST", "/web/settings/statuses", key=MANAGE_SETTINGS, operation_id="addStatus", status=201)
async def add_status(work: Work, data: NewStatus) -> Made:
    """Add a status, after the others."""
    return Made(uuid=await lookups.add_status(work, _values(data)))


@operation("PATCH", "/web/settings/statuses/{uuid:str}", key=MANAGE_SETTINGS, operation_id="changeStatus", status=204)
async def change_status(work: Work, uuid: str, data: StatusChanges) -> None:
    """Change a status."""
    await lookups.change_status(work, uuid_in(uuid, "Status"), _values(data))


@operation("DELETE", "/web/settings/statuses/{uuid:str}", key=MANAGE_SETTINGS, operation_id="removeStatus", status=204)
async def remove_status(work: Work, uuid: str) -> None:
    """Remove a status that no job has."""
    await lookups.remove_status(work, uuid_in(uuid, "Status"))


@operation("PUT", "/web/settings/statuses/order", key=MANAGE_SETTINGS, operation_id="arrangeStatuses", status=204)
async def arrange_statuses(work: Work, data: Order) -> None:
    """Put the statuses into an order: the first one of a stage is where a crew's work leads to."""
    await lookups.arrange_statuses(work, data.uuids)


@operation("POST", "/web/settings/priorities", key=MANAGE_SETTINGS, operation_id="addPriority", status=201)
async def add_priority(work: Work, data: NewPriority) -> Made:
    """Add a priority, after the others."""
    return Made(uuid=await lookups.add_priority(work, _values(data)))


@operation(
    "PATCH", "/web/settings/priorities/{uuid:str}", key=MANAGE_SETTINGS, operation_id="changePriority", status=204
)
async def change_priority(work: Work, uuid: str, data: PriorityChanges) -> None:
    """Change a priority."""
    await lookups.change_priority(work, uuid_in(uuid, "Priority"), _values(data))


@operation(
    "DELETE", "/web/settings/priorities/{uuid:str}", key=MANAGE_SETTINGS, operation_id="removePriority", status=204
)
async def remove_priority(work: Work, uuid: str) -> None:
    """Remove a priority that no job has."""
    await lookups.remove_priority(work, uuid_in(uuid, "Priority"))


@operation("PUT", "/web/settings/priorities/order", key=MANAGE_SETTINGS, operation_id="arrangePriorities", status=204)
async def arrange_priorities(work: Work, data: Order) -> None:
    """Put the priorities into an order, the most urgent first."""
    await lookups.arrange_priorities(work, data.uuids)


@operation("POST", "/web/settings/job-types", key=MANAGE_SETTINGS, operation_id="addJobType", status=201)
async def add_job_type(work: Work, data: NewJobType) -> Made:
    """Add a job type, after the others."""
    return Made(uuid=await commands.add_job_type(work, _values(data)))


@operation("PATCH", "/web/settings/job-types/{uuid:str}", key=MANAGE_SETTINGS, operation_id="changeJobType", status=204)
async def change_job_type(work: Work, uuid: str, data: JobTypeChanges) -> None:
    """Change a job type, or archive it."""
    await commands.change_job_type(work, uuid_in(uuid, "JobType"), _values(data))


@operation(
    "DELETE", "/web/settings/job-types/{uuid:str}", key=MANAGE_SETTINGS, operation_id="removeJobType", status=204
)
async def remove_job_type(work: Work, uuid: str) -> None:
    """Remove a job type that no job has."""
    await commands.remove_job_type(work, uuid_in(uuid, "JobType"))


@operation("PUT", "/web/settings/job-types/order", key=MANAGE_SETTINGS, operation_id="arrangeJobTypes", status=204)
async def arrange_job_types(work: Work, data: Order) -> None:
    """Put the job types into an order, archived ones too."""
    await lookups.arrange_job_types(work, data.uuids)


@operation("POST", "/web/settings/time-ranges", key=MANAGE_SETTINGS, operation_id="addTimeRange", status=201)
async def add_time_range(work: Work, data: NewTimeRange) -> Made:
    """Add a part of the day, after the others; it may overlap them."""
    return Made(uuid=await lookups.add_time_range(work, _values(data)))


@operation(
    "PATCH", "/web/settings/time-ranges/{uuid:str}", key=MANAGE_SETTINGS, operation_id="changeTimeRange", status=204
)
async def change_time_range(work: Work, uuid: str, data: TimeRangeChanges) -> None:
    """Change a part of the day."""
    await lookups.change_time_range(work, uuid_in(uuid, "TimeRange"), _values(data))


@operation(
    "DELETE", "/web/settings/time-ranges/{uuid:str}", key=MANAGE_SETTINGS, operation_id="removeTimeRange", status=204
)
async def remove_time_range(work: Work, uuid: str) -> None:
    """Remove a part of the day that no job is booked into."""
    await lookups.remove_time_range(work, uuid_in(uuid, "TimeRange"))


@operation("PUT", "/web/settings/time-ranges/order", key=MANAGE_SETTINGS, operation_id="arrangeTimeRanges", status=204)
async def arrange_time_ranges(work: Work, data: Order) -> None:
    """Put the parts of the day into an order: a start lies in the first that holds it."""
    await lookups.arrange_time_ranges(work, data.uuids)


@operation("POST", "/web/settings/payment-statuses", key=MANAGE_SETTINGS, operation_id="addPaymentStatus", status=201)
async def add_payment_status(work: Work, data: NamedChoice) -> Made:
    """Add a payment status, after the others."""
    return Made(uuid=await lookups.add_payment_status(work, _values(data)))


@operation(
    "PATCH",
    "/web/settings/payment-statuses/{uuid:str}",
    key=MANAGE_SETTINGS,
    operation_id="changePaymentStatus",
    status=204,
)
async def change_payment_status(work: Work, uuid: str, data: NamedChoice) -> None:
    """Rename a payment status."""
    await lookups.change_payment_status(work, uuid_in(uuid, "PaymentStatus"), _values(data))


@operation(
    "DELETE",
    "/web/settings/payment-statuses/{uuid:str}",
    key=MANAGE_SETTINGS,
    operation_id="removePaymentStatus",
    status=204,
)
async def remove_payment_status(work: Work, uuid: str) -> None:
    """Remove a payment status that no job has."""
    await lookups.remove_payment_status(work, uuid_in(uuid, "PaymentStatus"))


@operation(
    "PUT",
    "/web/settings/payment-statuses/order",
    key=MANAGE_SETTINGS,
    operation_id="arrangePaymentStatuses",
    status=204,
)
async def arrange_payment_statuses(work: Work, data: Order) -> None:
    """Put the payment statuses into an order."""
    await lookups.arrange_payment_statuses(work, data.uuids)


@operation("POST", "/web/settings/document-types", key=MANAGE_SETTINGS, operation_id="addDocumentType", status=201)
async def add_document_type(work: Work, data: NamedChoice) -> Made:
    """Add a document type, after the others. Every role that works with documents has its permissions."""
    return Made(uuid=await document_types.add_document_type(work, _values(data)))


@operation(
    "PATCH",
    "/web/settings/document-types/{uuid:str}",
    key=MANAGE_SETTINGS,
    operation_id="changeDocumentType",
    status=204,
)
async def change_document_type(work: Work, uuid: str, data: NamedChoice) -> None:
    """Rename a document type. Its permissions keep their keys."""
    await document_types.change_document_type(work, uuid_in(uuid, "DocumentType"), _values(data))


@operation(
    "DELETE",
    "/web/settings/document-types/{uuid:str}",
    key=MANAGE_SETTINGS,
    operation_id="removeDocumentType",
    status=204,
)
async def remove_document_type(work: Work, uuid: str) -> None:
    """Remove a document type that no document has, and its permissions."""
    await document_types.remove_document_type(work, uuid_in(uuid, "DocumentType"))


@operation(
    "PUT", "/web/settings/document-types/order", key=MANAGE_SETTINGS, operation_id="arrangeDocumentTypes", status=204
)
async def arrange_document_types(work: Work, data: Order) -> None:
    """Put the document types into an order."""
    await document_types.arrange_document_types(work, data.uuids)


def choices(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that reads all that jobs can have."""
    stage = name_of("stage", STAGE_NAMES)
    times = "to_char(start_time, 'HH24:MI') AS start_time, to_char(end_time, 'HH24:MI') AS end_time"
    return f"""
SELECT row_to_json(choices)::text FROM (SELECT
    {_list("statuses", f"{stage} AS stage, colour, requires_approval, is_recall, reminder_hours")},
    {_list("priorities", "rank, colour, is_default", order="rank, id")},
    {_list("job_types", "is_default, archived_at IS NOT NULL AS is_archived")},
    {_list("time_ranges", times)},
    {_list("payment_statuses")},
    {_list("document_types", "key")}
) AS choices"""  # noqa: S608 (pieces of ours)


def _list(table: str, columns: str = "", *, order: str = "position, id") -> str:
    return f"""(SELECT coalesce(json_agg(listed), '[]') FROM (
        SELECT id, uuid, name, position{columns and ", " + columns} FROM {table} ORDER BY {order}
    ) AS listed) AS {table}"""  # noqa: S608 (as above)


def _values(data: Struct) -> dict[str, Any]:
    """Give what a body says, by column."""
    values = given(data)
    if "stage" in values:
        values["stage"] = STAGE_NAMES.index(values["stage"])
    for name in values.keys() & {"start_time", "end_time"}:
        values[name] = time.fromisoformat(values[name])
    return values
