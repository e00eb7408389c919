"""Organisations that promise something: round the clock, so that an hour is an hour whatever the day."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from firstfix.domain.founding.commands import work_for
from firstfix.domain.sla.calendars import build_calendars
from tests.factories.organisations import TestOrganisation

ROUND_THE_CLOCK = str([[weekday, 0, 1440] for weekday in range(7)])


def promise(organisation: TestOrganisation, response: int = 60, resolution: int = 240, **scope: Any) -> None:  # noqa: ANN401
    """Add a policy, for the medium priority unless said otherwise."""
    values = {"priority_id": organisation.ids["priorities"]["Medium"], **scope}
    organisation.insert("sla_policies", response_minutes=response, resolution_minutes=resolution, **values)


def work_round_the_clock(engine: Engine, organisation: TestOrganisation) -> None:
    """Let the organisation work always, and work out its calendars, as the worker would."""
    organisation.execute("UPDATE working_weeks SET hours = CAST(:hours AS jsonb)", hours=ROUND_THE_CLOCK)
    with engine.begin() as connection:
        work_for(connection, organisation.id)
        build_calendars(connection, today=datetime.now(UTC).date())
