"""How the lives of jobs go: which statuses they pass through, and when, from today's point of view."""

from typing import Literal

from msgspec import Struct

from firstfix.domain.demo.draws import Draw, spread
from firstfix.domain.recalls.views import Outcome

NEW, QUOTING, ASSIGNED, BOOKED = "New", "Awaiting quote", "Assigned", "Booked"
IN_PROGRESS, ON_HOLD, RECALLED = "In progress", "On hold", "Recalled"
COMPLETE, READY, INVOICED = "Complete", "Ready to invoice", "Invoiced"
ARCHIVED, CANCELLED = "Archived", "Cancelled"

LIVELY_JOBS = 400
"""So many jobs of an organisation are spread over all scenarios; most of the others lie in the past."""


class Scenario(Struct, frozen=True, kw_only=True):
    """One way that a job may have gone so far.

    Args:
        path: Names of its statuses, from the first to the present one.
        days: Between which days the work begins, counted from today; `None`: no date is set.
        lively: Share among an organisation's first jobs, per cent.
        bulk: Share among all others, per mille.
        gate: The state of an approval that the path does not tell of: one that waits, or one that was refused.
        recall: How a recall ended that the path does not tell of.
        is_deferred: Whether it waits to be dispatched.
    """

    path: tuple[str, ...]
    days: tuple[int, int] | None
    lively: int
    bulk: int
    gate: Literal["pending", "rejected"] | None = None
    recall: Outcome | None = None
    is_deferred: bool = False


_WORKED = (NEW, BOOKED, IN_PROGRESS)
_DONE = (*_WORKED, COMPLETE)
_APPROVED = (*_DONE, READY)
SCENARIOS = (
    Scenario(path=(*_APPROVED, INVOICED, ARCHIVED), days=(-730, -75), lively=19, bulk=750),
    Scenario(path=(*_APPROVED, INVOICED), days=(-110, -8), lively=16, bulk=130),
    Scenario(path=(NEW, CANCELLED), days=(-720, 5), lively=3, bulk=30),
    Scenario(path=(NEW, BOOKED, CANCELLED), days=(-720, 5), lively=2, bulk=25),
    Scenario(path=(NEW, BOOKED), days=(0, 28), lively=14, bulk=24),
    Scenario(path=_DONE, days=(-14, -1), lively=7, bulk=12),
    Scenario(path=(NEW, ASSIGNED), days=(0, 14), lively=7, bulk=8),
    Scenario(path=_APPROVED, days=(-20, -3), lively=4, bulk=7),
    Scenario(path=(NEW,), days=None, lively=5, bulk=3),
    Scenario(path=(NEW,), days=(1, 28), lively=5, bulk=3),
    Scenario(path=_WORKED, days=(0, 0), lively=4, bulk=2),
    Scenario(path=(NEW, QUOTING), days=None, lively=3, bulk=2),
    Scenario(path=(*_WORKED, ON_HOLD), days=(-20, -1), lively=3, bulk=1),
    Scenario(path=(*_DONE, RECALLED), days=(-45, -5), lively=2, bulk=1),
    Scenario(path=(NEW,), days=(10, 28), lively=1, bulk=1, is_deferred=True),
    Scenario(path=(NEW, ASSIGNED), days=(10, 28), lively=1, bulk=0, is_deferred=True),
    Scenario(path=_DONE, days=(-10, -1), lively=1, bulk=1, gate="pending"),
    Scenario(path=_DONE, days=(-60, -12), lively=1, bulk=0, recall="standard"),
    Scenario(path=_DONE, days=(-60, -12), lively=1, bulk=0, recall="cancel"),
    Scenario(path=_DONE, days=(-12, -2), lively=1, bulk=0, gate="rejected"),
)
"""The most frequent first."""
_IN_BULK = spread({scenario: scenario.bulk for scenario in SCENARIOS})


def choose_scenarios(draw: Draw, *, have: int, count: int) -> list[tuple[Scenario, bool]]:
    """Choose how each of so many jobs goes, in no order, for an organisation that has some already.

    Of its first jobs every scenario gets its share, and none less than one.

    Returns:
        The scenario, and whether the job is one of the first, which are told in full.
    """
    lively = max(0, min(count, LIVELY_JOBS - have))
    certain = [scenario for scenario in SCENARIOS for _ in range(max(1, lively * scenario.lively // 100))]
    # What rounding leaves over goes to the most frequent; what it takes too much, the most frequent give.
    surplus = max(0, len(certain) - lively)
    certain = certain[surplus:] + [SCENARIOS[0]] * (lively - len(certain))
    rest = [draw.one(_IN_BULK) for _ in range(count - lively)]
    return draw.shuffled([(scenario, True) for scenario in certain] + [(scenario, False) for scenario in rest])
