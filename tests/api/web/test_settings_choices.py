"""Statuses, priorities, types, parts of the day and payment statuses, as the office sets them up."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from msgspec import Struct

from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

Found = dict[str, Any]


class Sort(Struct):
    """One sort of thing that jobs have."""

    path: str
    listed: str
    column: str
    new: dict[str, Any]
    entity: str
    free: str
    """The name of one that no job has and nothing needs."""
    used: str


SORTS = (
    Sort("statuses", "statuses", "status_id", {"stage": "new"}, "status", "Awaiting quote", "New"),
    Sort("priorities", "priorities", "priority_id", {"colour": "red"}, "priority", "Emergency", "Medium"),
    Sort("job-types", "job_types", "job_type_id", {}, "job_type", "Glazing", "Gas & Heating"),
    Sort(
        "time-ranges",
        "time_ranges",
        "time_range_id",
        {"start_time": "06:30", "end_time": "09:15"},
        "time_range",
        "Evening",
        "Morning",
    ),
    Sort("payment-statuses", "payment_statuses", "payment_status_id", {}, "payment_status", "Paid", "Not due"),
)
every_sort = pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.path)


class Office:
    """An administrator's browser, and what their organisation's jobs can have."""

    def __init__(self, browser: httpx.AsyncClient, organisation: TestOrganisation) -> None:
        self.browser = browser
        self.organisation = organisation

    async def choices(self) -> dict[str, list[Found]]:
        found: dict[str, list[Found]] = (await self.browser.get("/web/settings/choices")).json()
        return found

    async def find(self, listed: str, name: str) -> Found:
        return next(one for one in (await self.choices())[listed] if one["name"] == name)

    async def names(self, listed: str) -> list[str]:
        return [one["name"] for one in (await self.choices())[listed]]

    async def add(self, path: str, **body: Any) -> httpx.Response:  # noqa: ANN401 (whatever a body holds)
        return await self.browser.post(f"/web/settings/{path}", json=body)

    async def change(self, path: str, one: Found, **body: Any) -> httpx.Response:  # noqa: ANN401
        return await self.browser.patch(f"/web/settings/{path}/{one['uuid']}", json=body)

    async def remove(self, path: str, one: Found) -> httpx.Response:
        return await self.browser.delete(f"/web/settings/{path}/{one['uuid']}")

    async def arrange(self, path: str, ones: list[Found]) -> httpx.Response:
        body = {"uuids": [one["uuid"] for one in ones]}
        return await self.browser.put(f"/web/settings/{path}/order", json=body)

    def events(self, entity: str) -> list[Any]:
        return self.organisation.execute(
            "SELECT action, label, changes FROM events WHERE organisation_id = :id AND entity = :entity ORDER BY id",
            id=self.organisation.id,
            entity=entity,
        )


@pytest.fixture
async def office(browse: Browse, organisation: TestOrganisation) -> Office:
    return Office(await browse(organisation, "admin"), organisation)


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def job_with(sort: Sort, office: Office) -> None:
    """Give a job one of them."""
    office.organisation.insert_job(**{sort.column: office.organisation.ids[sort.listed][sort.used]})


# What goes for all of them ------------------------------------------------------------------------------------------


async def test_they_are_listed_in_their_order(office: Office) -> None:
    found = await office.choices()

    assert found["statuses"][1] == {
        "id": office.organisation.ids["statuses"]["Awaiting quote"],
        "uuid": found["statuses"][1]["uuid"],
        "name": "Awaiting quote",
        "position": 2,
        "stage": "new",
        "colour": "amber",
        "requires_approval": False,
        "is_recall": False,
        "reminder_hours": None,
    }
    assert [(one["name"], one["rank"], one["is_default"]) for one in found["priorities"]] == [
        ("Emergency", 1, False), ("High", 2, False), ("Medium", 3, True), ("Low", 4, False),
    ]  # fmt: skip
    assert (found["job_types"][0]["is_default"], found["job_types"][0]["is_archived"]) == (True, False)
    assert (found["time_ranges"][1]["start_time"], found["time_ranges"][1]["end_time"]) == ("11:00", "14:00")
    assert [one["name"] for one in found["payment_statuses"]] == ["Not due", "Awaiting payment", "Part paid", "Paid"]
    assert [(one["name"], one["key"]) for one in found["document_types"]][-2:] == [
        ("Risk assessment", "risk_assessment"), ("Other", "other"),
    ]  # fmt: skip


async def test_a_document_type_is_added_renamed_arranged_and_removed(office: Office) -> None:
    added = await office.add("document-types", name="Gas record")
    made = await office.find("document_types", "Gas record")
    renamed = await office.change("document-types", made, name="Boiler log")
    before = (await office.choices())["document_types"]
    arranged = await office.arrange("document-types", [before[-1], *before[:-1]])
    after = (await office.choices())["document_types"]
    removed = await office.remove("document-types", made)

    assert [reply.status_code for reply in (added, renamed, arranged, removed)] == [201, 204, 204, 204]
    assert after[0] | {"position": 7} == made | {"name": "Boiler log"}
    assert (made["key"], len((await office.choices())["document_types"])) == ("gas_record", 6)


@every_sort
async def test_one_is_added_changed_and_removed(office: Office, sort: Sort) -> None:
    before = await office.names(sort.listed)

    added = await office.add(sort.path, name="Brand new", **sort.new)
    made = await office.find(sort.listed, "Brand new")
    changed = await office.change(sort.path, made, name="Newer")
    after_change = await office.names(sort.listed)
    removed = await office.remove(sort.path, made)

    assert (added.status_code, added.json()) == (201, {"uuid": made["uuid"]})
    assert made | sort.new == made
    assert (changed.status_code, after_change) == (204, [*before, "Newer"])
    assert (removed.status_code, await office.names(sort.listed)) == (204, before)
    assert [(event.action, event.label) for event in office.events(sort.entity)] == [
        ("created", "Brand new"), ("updated", "Newer"), ("deleted", "Newer"),
    ]  # fmt: skip
    assert office.events(sort.entity)[1].changes == {"name": ["Brand new", "Newer"]}


@every_sort
async def test_menus_show_it_at_once(office: Office, sort: Sort) -> None:
    await office.add(sort.path, name="Brand new", **sort.new)

    menus = (await office.browser.get("/web/lookups")).json()

    assert "Brand new" in [one["name"] for one in menus[sort.listed]]


@every_sort
async def test_two_have_not_one_name(office: Office, sort: Sort) -> None:
    one = await office.find(sort.listed, sort.free)

    added = await office.add(sort.path, name=sort.used, **sort.new)
    renamed = await office.change(sort.path, one, name=sort.used)

    assert refusal(added) == refusal(renamed) == (409, "value_taken")
    assert renamed.json()["fields"][0]["path"] == "name"


@every_sort
@pytest.mark.parametrize("name", ["", "   ", "x" * 101, 7, None])
async def test_it_has_a_name_that_can_be_one(office: Office, sort: Sort, name: object) -> None:
    one = await office.find(sort.listed, sort.free)

    added = await office.add(sort.path, name=name, **sort.new)
    renamed = await office.change(sort.path, one, name=name)

    assert (added.status_code, renamed.status_code) == (422, 422)
    assert await office.find(sort.listed, sort.free) == one


@every_sort
async def test_what_jobs_have_stays(office: Office, sort: Sort) -> None:
    job_with(sort, office)
    job_with(sort, office)

    reply = await office.remove(sort.path, await office.find(sort.listed, sort.used))

    assert reply.status_code == 409
    assert sort.used in await office.names(sort.listed)


@pytest.mark.parametrize("sort", [SORTS[0], *SORTS[2:]], ids=lambda sort: sort.path)
async def test_it_is_told_how_many_have_it(office: Office, sort: Sort) -> None:
    await office.add("job-types", name="Other", is_default=True)
    job_with(sort, office)
    job_with(sort, office)

    reply = await office.remove(sort.path, await office.find(sort.listed, sort.used))

    assert refusal(reply) == (409, "in_use")
    assert "(jobs: 2)" in reply.json()["detail"]


@every_sort
async def test_they_are_put_into_an_order(office: Office, sort: Sort) -> None:
    before = (await office.choices())[sort.listed]
    wanted = [before[-1], *before[:-1]]

    reply = await office.arrange(sort.path, wanted)
    again = await office.arrange(sort.path, wanted)

    assert (reply.status_code, again.status_code) == (204, 204)
    after = (await office.choices())[sort.listed]
    assert [one["name"] for one in after] == [one["name"] for one in wanted]
    assert [one["position"] for one in after] == list(range(1, len(after) + 1))
    moved = office.events(sort.entity)
    assert {event.action for event in moved} == {"updated"}
    assert len(moved) == len(before)


@every_sort
async def test_an_order_names_each_once(office: Office, sort: Sort) -> None:
    before = (await office.choices())[sort.listed]

    refused = [
        await office.arrange(sort.path, before[1:]),
        await office.arrange(sort.path, [*before[1:], before[1]]),
        await office.arrange(sort.path, [*before, before[0]]),
        await office.arrange(sort.path, [*before[1:], {"uuid": str(uuid4())}]),
    ]

    assert [refusal(reply) for reply in refused] == [(409, "order_out_of_date")] * 4
    assert (await office.choices())[sort.listed] == before


@every_sort
async def test_what_is_not_there_is_not_found(office: Office, sort: Sort) -> None:
    unknown = {"uuid": str(uuid4())}

    replies = [
        await office.change(sort.path, unknown, name="X"),
        await office.remove(sort.path, unknown),
        await office.change(sort.path, {"uuid": "none"}, name="X"),
        await office.remove(sort.path, {"uuid": "none"}),
    ]

    assert [refusal(reply) for reply in replies] == [(404, "not_found")] * 4


@every_sort
async def test_a_strangers_are_not_there(
    office: Office, browse: Browse, make_organisation: MakeOrganisation, sort: Sort
) -> None:
    elsewhere = make_organisation()
    stranger = Office(await browse(elsewhere, "admin"), elsewhere)
    theirs = (await office.choices())[sort.listed]
    one = await office.find(sort.listed, sort.free)

    replies = [
        await stranger.change(sort.path, one, name="Mine"),
        await stranger.remove(sort.path, one),
        await stranger.arrange(sort.path, theirs),
    ]

    assert [reply.status_code for reply in replies] == [404, 404, 409]
    assert (await office.choices())[sort.listed] == theirs


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("statuses", {"name": "X", "stage": "done"}),
        ("statuses", {"name": "X"}),
        ("statuses", {"name": "X", "stage": "new", "colour": "#ff0000"}),
        ("statuses", {"name": "X", "stage": "new", "requires_approval": "maybe"}),
        ("statuses", {"name": "X", "stage": "new", "position": 1}),
        ("priorities", {"name": "X", "rank": 0}),
        ("priorities", {"name": "X", "rank": 1001}),
        ("priorities", {"name": "X", "rank": 2**40}),
        ("time-ranges", {"name": "X", "start_time": "12:00", "end_time": "12:00"}),
        ("time-ranges", {"name": "X", "start_time": "17:00", "end_time": "08:00"}),
        ("time-ranges", {"name": "X", "start_time": "8:00", "end_time": "09:00"}),
        ("time-ranges", {"name": "X", "start_time": "08:00", "end_time": "24:00"}),
        ("time-ranges", {"name": "X", "start_time": "08:00"}),
    ],
)
async def test_a_value_that_none_can_have_is_refused(office: Office, path: str, body: dict[str, Any]) -> None:
    before = await office.choices()

    reply = await office.browser.post(f"/web/settings/{path}", json=body)

    assert reply.status_code == 422
    assert await office.choices() == before


# Statuses -----------------------------------------------------------------------------------------------------------


async def test_a_status_becomes_a_gate(office: Office) -> None:
    booked = await office.find("statuses", "Booked")
    _, job = office.organisation.insert_job()

    await office.change("statuses", booked, requires_approval=True, colour="red")

    status = await office.find("statuses", "Booked")
    assert (status["requires_approval"], status["colour"], status["stage"]) == (True, "red", "assigned")
    assert (await office.browser.get(f"/web/jobs/{job}")).json()["stage"] == "new"


async def test_the_stage_of_a_status_in_use_is_fixed(office: Office) -> None:
    _, job = office.organisation.insert_job(status_id=office.organisation.ids["statuses"]["Booked"])
    booked = await office.find("statuses", "Booked")

    moved = await office.change("statuses", booked, stage="in_progress", name="Begun")
    renamed = await office.change("statuses", booked, stage="assigned", name="In the diary")

    assert refusal(moved) == (409, "in_use")
    assert "(jobs: 1)" in moved.json()["detail"]
    assert renamed.status_code == 204
    shown = (await office.browser.get(f"/web/jobs/{job}")).json()
    assert (shown["stage"], shown["status_name"]) == ("assigned", "In the diary")


async def test_the_stage_of_an_unused_status_moves(office: Office) -> None:
    booked = await office.find("statuses", "Booked")

    reply = await office.change("statuses", booked, stage="in_progress")

    assert (reply.status_code, (await office.find("statuses", "Booked"))["stage"]) == (204, "in_progress")
    assert office.events("status")[0].changes == {"stage": [1, 2]}


async def test_a_status_that_a_job_waits_for_stays(office: Office) -> None:
    _, job = office.organisation.insert_job()
    cancelled = await office.find("statuses", "Cancelled")
    await office.change("statuses", cancelled, requires_approval=True)
    await office.add("statuses", name="Given up", stage="cancelled")
    waits = (await office.browser.post(f"/web/jobs/{job}/cancel", json={})).json()

    removed = await office.remove("statuses", cancelled)
    moved = await office.change("statuses", cancelled, stage="closed")

    assert waits == {"approval_required": True}
    assert refusal(removed) == refusal(moved) == (409, "in_use")


async def test_recalled_jobs_come_to_one_status(office: Office) -> None:
    booked = await office.find("statuses", "Booked")

    reply = await office.change("statuses", booked, is_recall=True)

    assert reply.status_code == 204
    assert [status["name"] for status in (await office.choices())["statuses"] if status["is_recall"]] == ["Booked"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("Recalled", {"requires_approval": True}),
        ("Recalled", {"stage": "complete"}),
        ("Complete", {"is_recall": True}),
        ("Cancelled", {"is_recall": True}),
        ("Booked", {"is_recall": True, "requires_approval": True}),
    ],
)
async def test_recalled_jobs_come_to_where_the_work_goes_on(office: Office, name: str, changes: dict[str, Any]) -> None:
    before = await office.choices()

    reply = await office.change("statuses", await office.find("statuses", name), **changes)

    assert refusal(reply) == (409, "catalogue.not_for_recalls")
    assert await office.choices() == before


@pytest.mark.parametrize("name", ["Archived", "Cancelled", "Invoiced"])
async def test_every_stage_keeps_a_status(office: Office, name: str) -> None:
    only = await office.find("statuses", name)

    removed = await office.remove("statuses", only)
    moved = await office.change("statuses", only, stage="new")
    gated = await office.change("statuses", only, requires_approval=True)

    assert refusal(removed) == refusal(moved) == (409, "catalogue.stage_left_empty")
    assert gated.status_code == 204  # a crew that gets there waits for approval


@pytest.mark.parametrize("stage", ["new", "assigned"])
async def test_jobs_can_begin_and_go_on_without_approval(office: Office, stage: str) -> None:
    first, *others = [one for one in (await office.choices())["statuses"] if one["stage"] == stage]
    for other in others:
        assert (await office.change("statuses", other, requires_approval=True)).status_code == 204

    gated = await office.change("statuses", first, requires_approval=True)
    removed = await office.remove("statuses", first)

    assert refusal(gated) == refusal(removed) == (409, "catalogue.stage_left_empty")
    assert stage in gated.json()["detail"]


async def test_what_is_amiss_already_hinders_no_other_change(office: Office) -> None:
    office.organisation.execute(
        "UPDATE statuses SET stage = 4 WHERE organisation_id = :id AND name = 'Archived'", id=office.organisation.id
    )
    one = await office.find("statuses", "Awaiting quote")

    assert (await office.remove("statuses", one)).status_code == 204


# Priorities and types -----------------------------------------------------------------------------------------------


async def test_one_priority_is_the_default(office: Office) -> None:
    high = await office.find("priorities", "High")

    await office.change("priorities", high, is_default=True)
    await office.add("priorities", name="Routine", is_default=True)

    defaults = {one["name"]: one["is_default"] for one in (await office.choices())["priorities"]}
    assert [name for name, is_default in defaults.items() if is_default] == ["Routine"]


async def test_the_default_priority_stays_until_another_is(office: Office) -> None:
    medium = await office.find("priorities", "Medium")

    removed = await office.remove("priorities", medium)
    undone = await office.change("priorities", medium, is_default=False)

    assert refusal(removed) == refusal(undone) == (409, "default_needed")
    assert (await office.find("priorities", "Medium"))["is_default"] is True


async def test_the_last_priority_stays(office: Office) -> None:
    low = await office.find("priorities", "Low")
    await office.change("priorities", low, is_default=True)
    for name in ("Emergency", "High", "Medium"):
        assert (await office.remove("priorities", await office.find("priorities", name))).status_code == 204

    assert refusal(await office.remove("priorities", low)) == (409, "last_one")


async def test_a_new_priority_is_the_least_urgent(office: Office) -> None:
    await office.add("priorities", name="Some day")
    await office.add("priorities", name="At once", rank=1)

    ranks = {one["name"]: one["rank"] for one in (await office.choices())["priorities"]}
    assert (ranks["Some day"], ranks["At once"]) == (5, 1)


async def test_the_order_of_priorities_is_their_rank(office: Office) -> None:
    before = (await office.choices())["priorities"]

    await office.arrange("priorities", before[::-1])

    after = (await office.choices())["priorities"]
    assert [(one["name"], one["rank"]) for one in after] == [("Low", 1), ("Medium", 2), ("High", 3), ("Emergency", 4)]


async def test_a_type_is_archived_and_comes_back(office: Office) -> None:
    glazing = await office.find("job_types", "Glazing")

    await office.change("job-types", glazing, is_archived=True)
    archived = await office.find("job_types", "Glazing")
    await office.change("job-types", glazing, is_archived=False)

    assert archived["is_archived"] is True
    assert (await office.find("job_types", "Glazing"))["is_archived"] is False


async def test_the_default_type_is_neither_archived_nor_removed(office: Office) -> None:
    default = await office.find("job_types", "General maintenance")
    glazing = await office.find("job_types", "Glazing")
    await office.change("job-types", glazing, is_archived=True)

    replies = [
        await office.change("job-types", default, is_archived=True),
        await office.remove("job-types", default),
        await office.change("job-types", default, is_default=False),
    ]
    of_archived = await office.change("job-types", glazing, is_default=True)

    assert [refusal(reply) for reply in replies] == [(409, "default_needed")] * 3
    assert of_archived.status_code == 422
    assert (await office.find("job_types", "General maintenance"))["is_default"] is True


async def test_the_last_type_that_jobs_can_have_stays(office: Office) -> None:
    for name in (await office.names("job_types"))[1:]:
        await office.change("job-types", await office.find("job_types", name), is_archived=True)
    last = await office.find("job_types", "General maintenance")

    assert refusal(await office.change("job-types", last, is_archived=True)) == (409, "last_one")
    assert refusal(await office.remove("job-types", last)) == (409, "last_one")


# Parts of the day ---------------------------------------------------------------------------------------------------


async def test_the_times_that_jobs_are_booked_into_are_fixed(office: Office) -> None:
    job_with(SORTS[3], office)
    morning = await office.find("time_ranges", "Morning")

    moved = await office.change("time-ranges", morning, start_time="09:00")
    renamed = await office.change("time-ranges", morning, name="AM", start_time="08:00", end_time="12:00")

    assert refusal(moved) == (409, "in_use")
    assert renamed.status_code == 204
    assert (await office.find("time_ranges", "AM"))["start_time"] == "08:00"


async def test_half_of_a_change_of_times_is_checked_with_the_other_half(office: Office) -> None:
    morning = await office.find("time_ranges", "Morning")

    refused = await office.change("time-ranges", morning, start_time="12:00")
    moved = await office.change("time-ranges", morning, start_time="07:00")

    assert (refused.status_code, refused.json()["fields"][0]["path"]) == (422, "end_time")
    assert (moved.status_code, (await office.find("time_ranges", "Morning"))["start_time"]) == (204, "07:00")


async def test_where_two_parts_overlap_the_first_holds_a_start(office: Office) -> None:
    _, job = office.organisation.insert_job(scheduled_at="2024-01-15T11:30:00Z")
    ranges = (await office.choices())["time_ranges"]

    before = (await office.browser.get(f"/web/jobs/{job}")).json()["time_range_name"]
    await office.arrange("time-ranges", [ranges[1], ranges[0], *ranges[2:]])
    after = (await office.browser.get(f"/web/jobs/{job}")).json()["time_range_name"]

    assert (before, after) == ("Morning", "Midday")
