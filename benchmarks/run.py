"""Measure everything in one run, the parties in turns, and print the rates beside what we mean to reach.

Only numbers of one run on one machine compare. Each is the median of rounds, and in a round the parties take turns.
Reads come first: creating makes the tables grow.
"""

import asyncio
import itertools
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import cyclopts
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import database, films, limits, load
from benchmarks.firstfix import Firstfix, serving_firstfix
from benchmarks.load import Measurement
from benchmarks.machine import Others, describe_machine
from benchmarks.pocketbase import PocketBase, serving_pocketbase
from benchmarks.statements import Questions, read_statements
from firstfix.settings import load_settings

GET, GET_FULL, LIST, CREATE = "get one", "get one full", "list 50", "create one"
LIST_SHORTLY = "list 50, in short turns"
SEARCH, SEARCH_VAGUELY = "search 50", "search 50, vague"
POCKETBASE = "PocketBase"
APIS = ("field API", "manage API")
_DISTURBED = 0.2
_SHORT_ROUNDS = 12
_SHORT_SECONDS = 1.0
_SHORT_WARM_UP_SECONDS = 0.3

_console = Console()


class Contestant(Struct, frozen=True):
    """What a party does for one operation."""

    operation: str
    party: str
    measure: Callable[[], Measurement]


class Result(Struct, frozen=True):
    """A row of the table: medians of the rounds, errors added up.

    Attributes:
        operation: As the contestant's.
        party: As the contestant's.
        measurement: The medians.
        others: The most that something else took of the machine in a round, as a part of one core.
    """

    operation: str
    party: str
    measurement: Measurement
    others: float


class Target(Struct, frozen=True):
    """A ratio, and what it should be."""

    name: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    def is_reached(self) -> bool:
        """Compare with the bound; a ratio without one is only told."""
        return (self.at_least is None or self.ratio >= self.at_least) and (
            self.at_most is None or self.ratio <= self.at_most
        )


class Report(Struct, frozen=True):
    """Everything about one run."""

    at: datetime
    machine: dict[str, str]
    options: dict[str, int]
    results: list[Result]
    targets: list[Target]


def main() -> None:
    """Run from the command line."""
    cyclopts.run(bench)


def bench(
    *, jobs: int = 100_000, few_jobs: int = 5_000, seconds: int = 5, rounds: int = 2, folder: Path = Path(".bench")
) -> None:
    """Measure Firstfix, its database alone and PocketBase.

    Args:
        jobs: Jobs that every party holds.
        few_jobs: Jobs of a second Firstfix, whose lists show whether latency grows with the table.
        seconds: How long each party is measured in each round, after a second of warm-up.
        rounds: How often.
        folder: For the servers' data, removed in the end, and the results, kept as JSON.
    """
    machine = describe_machine()
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    with ExitStack() as stack:
        started: list[Firstfix] = []
        for count in (jobs, few_jobs):
            _console.print(f"Filling Firstfix with {count:,} jobs …")
            started.append(stack.enter_context(serving_firstfix(_new(data / f"firstfix-{count}"), job_count=count)))
        many, few = started
        _console.print(f"Filling PocketBase with the same {jobs:,} jobs …")
        pocketbase = stack.enter_context(serving_pocketbase(_new(data / "pocketbase"), many.every_job()))
        contestants = list(_contestants(many, few, pocketbase, few_jobs=few_jobs, seconds=seconds))
        results = _take_turns(list(_film_contestants(many)), rounds=_SHORT_ROUNDS)
        results += _take_turns(contestants, rounds=rounds)
        limits_seconds = asyncio.run(limits.measure(many.database_url(), many.folder / "keys.json"))
    shutil.rmtree(data)

    found = {(result.operation, result.party): result.measurement for result in results}
    targets = [*_compare(found, few_jobs=few_jobs), *_limits_share(found, limits_seconds)]
    options = {"jobs": jobs, "few_jobs": few_jobs, "seconds": seconds, "rounds": rounds}
    report = Report(at=datetime.now(UTC), machine=machine, options=options, results=results, targets=targets)
    _print(report)
    file = folder / f"{report.at:%Y-%m-%dT%H%M%SZ}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    _console.print(f"Written to {file}")


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _contestants(
    many: Firstfix, few: Firstfix, pocketbase: PocketBase, *, few_jobs: int, seconds: int
) -> Iterator[Contestant]:
    """Set the parties up, in the order in which they take turns; what creates is last."""
    sample = many.sample()
    questions = Questions(
        job_uuids=[job["uuid"] for job in sample],
        full_job_uuids=many.make_full_jobs(sample),
        # What both sizes fill a page with, so that both are asked the same.
        filters=sorted(many.crowded_filters() & few.crowded_filters()),
        # One: each has a statement of its own.
        states=sorted(many.crowded_states() & few.crowded_states())[-1:],
        searches=many.usual_searches(),
        vague_searches=many.vague_searches(),
    )

    def serve(operation: str, party: str, port: int, requests: Sequence[bytes]) -> Contestant:
        endless = itertools.cycle(requests)
        return Contestant(operation, party, lambda: load.measure(port, endless, seconds=seconds))

    def create(party: str, port: int, requests: Iterator[bytes]) -> Contestant:
        return Contestant(CREATE, party, lambda: load.measure(port, requests, seconds=seconds))

    def query(operation: str, api: str) -> Iterator[Contestant]:
        if statement := reads.statements.get((operation, api)):
            yield Contestant(operation, _sql(api), lambda: database.measure(reads.url, statement, seconds=seconds))

    field, manage = APIS
    reads = asyncio.run(read_statements(many, questions))
    yield serve(GET, field, many.port, many.field_get(questions.job_uuids))
    yield from query(GET, field)
    yield serve(GET, manage, many.port, many.manage_get(questions.job_uuids))
    yield from query(GET, manage)
    yield serve(GET, POCKETBASE, pocketbase.port, pocketbase.get_one(questions.job_uuids))

    yield serve(GET_FULL, field, many.port, many.field_get(questions.full_job_uuids))
    yield from query(GET_FULL, field)

    yield serve(LIST, field, many.port, many.field_list(questions.states))
    yield from query(LIST, field)
    yield serve(LIST, _small(field, few_jobs), few.port, few.field_list(questions.states))
    yield serve(LIST, manage, many.port, many.manage_list(questions.filters))
    yield from query(LIST, manage)
    yield serve(LIST, _small(manage, few_jobs), few.port, few.manage_list(questions.filters))
    yield serve(LIST, POCKETBASE, pocketbase.port, pocketbase.list_fifty(questions.filters))

    for operation, searches in ((SEARCH, questions.searches), (SEARCH_VAGUELY, questions.vague_searches)):
        yield serve(operation, manage, many.port, many.manage_search(searches))
        yield from query(operation, manage)

    yield create(field, many.port, many.field_create(sample[0]["uuid"]))
    yield create(POCKETBASE, pocketbase.port, pocketbase.create(sample[0]))


def _film_contestants(many: Firstfix) -> Iterator[Contestant]:
    """Set up the same lists with a film being made and without, for many short turns.

    A single long one tells more of what else the machine did in these seconds than of the film.
    """
    requests = itertools.cycle(many.manage_list(sorted(many.crowded_filters())))

    def measure() -> Measurement:
        return load.measure(many.port, requests, seconds=_SHORT_SECONDS, warm_up=_SHORT_WARM_UP_SECONDS)

    def measure_while_filming() -> Measurement:
        with films.making(many.folder / "films"):
            return measure()

    yield Contestant(LIST_SHORTLY, APIS[1], measure)
    yield Contestant(LIST_SHORTLY, _filming(APIS[1]), measure_while_filming)


def _filming(api: str) -> str:
    return f"{api}, while a film is made"


def _sql(api: str) -> str:
    return f"SQL of the {api}"


def _small(api: str, few_jobs: int) -> str:
    return f"{api}, {few_jobs:,} jobs"


def _take_turns(contestants: Sequence[Contestant], *, rounds: int) -> list[Result]:
    reads = [one for one in contestants if one.operation != CREATE]
    creations = [one for one in contestants if one.operation == CREATE]
    measured: dict[tuple[str, str], list[tuple[Measurement, float]]] = defaultdict(list)
    for one in track([*reads * rounds, *creations * rounds], "Measuring …", console=_console, transient=True):
        others = Others()
        measurement = one.measure()
        measured[one.operation, one.party].append((measurement, others.share()))
    return [
        Result(operation, party, _median([measurement for measurement, _ in turns]), max(others for _, others in turns))
        for (operation, party), turns in measured.items()
    ]


def _median(rounds: Sequence[Measurement]) -> Measurement:
    return Measurement(
        rate=median(one.rate for one in rounds),
        p50=median(one.p50 for one in rounds),
        p99=median(one.p99 for one in rounds),
        errors=sum(one.errors for one in rounds),
    )


def _compare(found: Mapping[tuple[str, str], Measurement], *, few_jobs: int) -> list[Target]:
    """Relate what was measured; where a side was not, there is no ratio."""
    targets = []

    def relate(operation: str, party: str, other: str, *, at_least: float | None = None) -> None:
        if (operation, other) in found:
            ratio = found[operation, party].rate / found[operation, other].rate
            targets.append(Target(f"{operation}: {party} / {other}", ratio, at_least=at_least))

    for api in APIS:
        relate(GET, api, _sql(api))
        relate(GET, api, POCKETBASE, at_least=0.5)
        relate(LIST, api, _sql(api), at_least=0.55)
        relate(LIST, api, POCKETBASE, at_least=1.5)
        growth = found[LIST, api].p50 / found[LIST, _small(api, few_jobs)].p50
        targets.append(Target(f"{LIST}: {api}, p50 / p50 at {few_jobs:,} jobs", growth, at_most=1.5))
    manage = APIS[1]
    slowness = found[LIST_SHORTLY, _filming(manage)].p50 / found[LIST_SHORTLY, manage].p50
    targets.append(Target(f"{LIST_SHORTLY}: {manage}, p50 while a film is made / p50", slowness, at_most=1.2))
    for operation in (SEARCH, SEARCH_VAGUELY):
        cost = found[LIST, manage].rate / found[operation, manage].rate
        targets.append(Target(f"{operation}: {manage}, cost in lists", cost, at_most=2.0))
    full, flat = found[GET_FULL, APIS[0]], found[GET, POCKETBASE]
    targets.append(Target(f"{GET_FULL}: {APIS[0]} / {POCKETBASE}'s {GET}", full.rate / flat.rate, at_least=0.35))
    relate(GET_FULL, APIS[0], _sql(APIS[0]))
    relate(CREATE, APIS[0], POCKETBASE)
    return targets


def _limits_share(found: Mapping[tuple[str, str], Measurement], seconds: float) -> Iterator[Target]:
    """Tell what part of the processor time of a list goes into counting it; all web processes were at work."""
    for api in APIS:
        share = seconds * found[LIST, api].rate / load_settings({}).web_processes
        yield Target(f"{LIST}: counting for limits / {api}", share, at_most=0.05)


def _print(report: Report) -> None:
    table = Table(
        title=f"{report.options['jobs']:,} jobs, {load.CONNECTIONS} connections, {report.machine['processor']}"
    )
    table.add_column()
    for heading in ("per second", "p50 ms", "p99 ms", "errors", "others"):
        table.add_column(heading, justify="right")
    for operation, group in itertools.groupby(report.results, key=lambda result: result.operation):
        table.add_section()
        table.add_row(f"[bold]{operation}")
        for result in group:
            one = result.measurement
            numbers = (f"{one.rate:,.0f}", f"{one.p50:.2f}", f"{one.p99:.2f}", str(one.errors), f"{result.others:.0%}")
            table.add_row(f"  {result.party}", *numbers)
    _console.print(table)

    ratios = Table(title="Ratios")
    ratios.add_column()
    for heading in ("ratio", "to reach", ""):
        ratios.add_column(heading, justify="right")
    for target in report.targets:
        bound = f"≥ {target.at_least}" if target.at_least else f"≤ {target.at_most}" if target.at_most else ""
        mark = ("[green]✓" if target.is_reached() else "[red]✗") if bound else ""
        ratios.add_row(target.name, f"{target.ratio:.3g}", bound, mark)
    _console.print(ratios)
    if any(result.others > _DISTURBED for result in report.results):
        _console.print(f"[yellow]Others took more than {_DISTURBED:.0%} of a core at times: measure again, alone.")
