"""Which SQL the database is measured with alone: the server's own, with the parameters of the same requests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from benchmarks.database import Statement
from benchmarks.firstfix import PAGE_SIZE, Firstfix
from firstfix.api.field.job_lists import JobsQuery, page_read
from firstfix.api.field.jobs import job_read
from firstfix.api.hot_reads import BodyOf, HotReads, TypeHints
from firstfix.api.manage.job_list import JobFilters, list_statement
from firstfix.api.manage.job_reads import one_job
from firstfix.domain.access.queries import Claim
from firstfix.domain.people.permissions import LIST_JOBS, MANAGE_JOBS
from firstfix.domain.work import AccountType

_READ_JOBS = (LIST_JOBS, MANAGE_JOBS)


class Questions(Struct, frozen=True):
    """What every party is asked for.

    Attributes:
        job_uuids: Jobs to get, dashed.
        full_job_uuids: Jobs to get with all that a job can have.
        filters: Pairs of status and branch that at least a page of jobs has.
        states: States of at least a page of jobs.
        searches: Words that many jobs have in their titles, as they are typed.
        vague_searches: Two letters that the words of very many jobs begin with.
    """

    job_uuids: Sequence[str]
    full_job_uuids: Sequence[str]
    filters: Sequence[tuple[int, int]]
    states: Sequence[str]
    searches: Sequence[str]
    vague_searches: Sequence[str]


class Reads(Struct, frozen=True):
    """What to run without the server.

    Attributes:
        url: Its database, under the role that it uses itself.
        statements: By operation and API, both as the table names them; what is missing is not measured.
    """

    url: str
    statements: Mapping[tuple[str, str], Statement]


class _Recorder:
    """Stands where the database does, and keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Keep a statement, and answer that the caller is staff and may read."""
        self.asked.append((statement, parameters))
        return (True, AccountType.STAFF, 1, 1)


async def read_statements(firstfix: Firstfix, questions: Questions) -> Reads:
    """Collect the statements behind `firstfix`'s requests for these questions."""
    field = Claim("api_key", firstfix.account.field_api_key)
    manage = Claim("bearer", firstfix.manage_headers["Authorization"].removeprefix("Bearer "))
    uuids = [{"uuid": UUID(job_uuid)} for job_uuid in questions.job_uuids]
    base_url = f"http://127.0.0.1:{firstfix.port}"
    states = [
        page_read(JobsQuery(start="2000-01-01", end="2060-01-01", page_size=PAGE_SIZE, state=state), base_url)[:2]
        for state in questions.states
    ]
    filters = [
        list_statement(JobFilters(limit=PAGE_SIZE, status_id=status_id, branch_id=branch_id))
        for status_id, branch_id in questions.filters
    ]
    searches, vague_searches = (
        [list_statement(JobFilters(limit=PAGE_SIZE, search=search)) for search in asked]
        for asked in (questions.searches, questions.vague_searches)
    )
    statements = {
        ("get one", "field API"): await _statement(field, (job_read(uuid, base_url) for uuid in questions.job_uuids)),
        ("get one full", "field API"): await _statement(
            field, (job_read(uuid, base_url) for uuid in questions.full_job_uuids)
        ),
        ("get one", "manage API"): await _statement(manage, ((one_job, uuid) for uuid in uuids)),
        ("list 50", "field API"): await _statement(field, states),
        ("list 50", "manage API"): await _statement(manage, filters),
        ("search 50", "manage API"): await _statement(manage, searches),
        ("search 50, vague", "manage API"): await _statement(manage, vague_searches),
    }
    return Reads(url=firstfix.database_url(), statements=statements)


async def _statement(claim: Claim, reads: Iterable[tuple[BodyOf, Mapping[str, Any]]]) -> Statement:
    recorder = _Recorder()
    asking = HotReads(recorder, claim, _READ_JOBS, TypeHints())
    for body_of, parameters in reads:
        await asking.row(body_of, parameters)
    return Statement(sql=recorder.asked[0][0], variants=[parameters for _, parameters in recorder.asked])
