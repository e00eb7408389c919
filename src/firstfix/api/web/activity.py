"""The activity log: what happened in the organisation and what was refused, for administrators."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.shown import full_name, instant
from firstfix.api.web.job_rows import Instant, Named
from firstfix.api.web.operations import operation
from firstfix.domain.people.permissions import VIEW_ACTIVITY
from firstfix.domain.work import AccountType, Source

_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_Word = Annotated[str, Meta(pattern=r"^[a-z_]{1,64}$")]


class ActivityPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the log: at most `limit` entries, only those `before` one; of the filters all must hold.

    Days are the organisation's; both are part of the range.
    """

    before: _Id | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    person_id: _Id | UnsetType = UNSET
    action: _Word | UnsetType = UNSET
    entity: _Word | UnsetType = UNSET
    date_from: date | UnsetType = UNSET
    date_to: date | UnsetType = UNSET


class ActivityEntry(Struct, kw_only=True):
    """Something that happened, or was refused.

    Nobody's (`person` is null) are the system's own. `fields` are those that changed; their values are not told here. A
    refusal has the action `refused` and a `code`, what was asked for is its `label`, and `times` is how often it was
    refused within a minute.
    """

    number: int
    at: Instant
    person: Named | None
    real_person: Named | None
    address: str | None
    source: Source
    request_id: str | None
    action: str
    entity: str
    entity_uuid: UUID | None
    label: str
    fields: list[str]
    code: str | None
    times: int


class Activity(Struct, kw_only=True):
    """Entries, newest first; `more` tells whether earlier ones follow."""

    entries: list[ActivityEntry]
    more: bool


@operation("GET", "/web/activity", key=VIEW_ACTIVITY, operation_id="listActivity", reply=Activity)
async def list_activity(reads: HotReads, query: ActivityPage) -> RawJson:
    """List what happened in the organisation and what was refused, newest first."""
    given = {
        name: value
        for name in ("before", "person_id", "action", "entity", "date_from", "date_to")
        if (value := getattr(query, name)) is not UNSET
    }
    (body,) = await reads.row(FindActivity(tuple(given)), {"limit": query.limit, **given})
    return RawJson(body.encode())


class FindActivity(Struct, frozen=True):
    """Writes the statement of a page. `given`: the names of its filters."""

    given: tuple[str, ...]

    def __call__(self, _visible: str, _account_type: AccountType) -> str:
        """Write it."""
        where = "".join(f" AND {_FILTERS[name]}" for name in self.given)
        return _PAGE.format(where=where)


_MIDNIGHT = (
    "(%({day})s::date + {days})::timestamp AT TIME ZONE"
    " (SELECT time_zone FROM organisations WHERE organisations.id = me.organisation_id)"
)
_FILTERS = {
    "before": "(entry.at, entry.number) < (SELECT at, number FROM audit_log"
    " WHERE audit_log.organisation_id = me.organisation_id AND audit_log.number = %(before)s::bigint)",
    "person_id": "entry.actor_id = %(person_id)s::bigint",
    "action": "entry.action = %(action)s",
    "entity": "entry.entity = %(entity)s",
    "date_from": f"entry.at >= {_MIDNIGHT.format(day='date_from', days=0)}",
    "date_to": f"entry.at < {_MIDNIGHT.format(day='date_to', days=1)}",
}


def _person(table: str) -> str:
    return f"CASE WHEN {table}.id IS NOT NULL THEN json_build_object('id', {table}.id, 'name', {full_name(table)}) END"


_PAGE = f"""
SELECT json_build_object(
    'entries', coalesce(json_agg(told.entry ORDER BY told.at DESC, told.number DESC)
        FILTER (WHERE told.place <= %(limit)s::integer), '[]'),
    'more', count(*) > %(limit)s::integer
)::text FROM (
    SELECT page.at, page.number, page.place, json_build_object(
        'number', page.number, 'at', {instant("page.at")}, 'person', {_person("actors")},
        'real_person', {_person("real_actors")}, 'address', page.address, 'source', page.source,
        'request_id', page.request_id, 'action', page.action, 'entity', page.entity, 'entity_uuid', page.entity_uuid,
        'label', page.label, 'fields', page.fields, 'code', page.code, 'times', page.times) AS entry
    FROM (
        SELECT entry.*, row_number() OVER (ORDER BY entry.at DESC, entry.number DESC) AS place FROM audit_log AS entry
        WHERE entry.organisation_id = me.organisation_id{{where}}
        ORDER BY entry.at DESC, entry.number DESC LIMIT %(limit)s::integer + 1
    ) AS page
    LEFT JOIN people AS actors ON actors.organisation_id = page.organisation_id AND actors.id = page.actor_id
    LEFT JOIN people AS real_actors
        ON real_actors.organisation_id = page.organisation_id AND real_actors.id = page.real_actor_id
) AS told"""  # noqa: S608 (pieces of ours; values are parameters)
