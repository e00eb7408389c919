"""Labor on jobs: who worked how long at which rate. It is given with a new job and no longer changes."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct
from sqlalchemy import select

from firstfix.domain.catalogue.models import Tax
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs import rules
from firstfix.domain.jobs.references import LABOR_RATE, LABORER, Findings, Role
from firstfix.domain.jobs.views import AdHocRate, LaborDraft, Reference, TaxName
from firstfix.domain.work import Work
from firstfix.kit.statements import send


class LaborState(Struct, frozen=True, kw_only=True):
    """A line of labor, as its row has it. The rate's values are its own from now on."""

    position: int
    person_id: int
    minutes: int
    labor_rate_id: int | None
    name: str
    rate: Decimal
    cost: Decimal
    is_taxable: bool
    taxes: tuple[TaxName, ...]
    gl_account: str | None


def check_labor(drafts: Iterable[LaborDraft]) -> None:
    """Refuse values that no labor can have.

    Raises:
        ValueOutOfRange: The minutes, or a text or an amount of a rate.
    """
    for index, draft in enumerate(drafts):
        path = f"labor[{index}]."
        rules.check_minutes(f"{path}minutes", draft.minutes)
        if isinstance(draft.rate, AdHocRate):
            rules.check_text(f"{path}rate.name", draft.rate.name)
            rules.check_text(f"{path}rate.gl_account", draft.rate.gl_account)
            rules.check_rate(f"{path}rate.rate", draft.rate.rate)
            rules.check_rate(f"{path}rate.cost", draft.rate.cost)


def named_in_labor(drafts: Iterable[LaborDraft]) -> Iterator[tuple[Role, Reference]]:
    """List everything that labor refers to, taxes excepted."""
    for draft in drafts:
        yield LABORER, draft.person
        if not isinstance(draft.rate, AdHocRate):
            yield LABOR_RATE, draft.rate


def plan_labor(drafts: Iterable[LaborDraft], findings: Findings) -> tuple[LaborState, ...]:
    """Work out lines of labor, in order.

    Raises:
        ReferenceNotFound: The rate does not apply to that person.
        ReferenceArchived: The person is archived.
    """
    planned = []
    for position, draft in enumerate(drafts):
        person_id = findings.use(LABORER, draft.person)
        rate, rate_id = draft.rate, None
        if not isinstance(rate, AdHocRate):
            found = findings.get(LABOR_RATE, rate)
            if found.person_ids and person_id not in found.person_ids:
                raise ReferenceNotFound(LABOR_RATE.entity, rate, field=LABOR_RATE.field)
            rate_id = found.id
            rate = AdHocRate(
                name=found.name,
                rate=found.unit_price,
                cost=found.unit_cost,
                is_taxable=found.is_taxable,
                taxes=found.taxes,
                gl_account=found.gl_account,
            )
        planned.append(
            LaborState(
                position=position,
                person_id=person_id,
                minutes=draft.minutes,
                labor_rate_id=rate_id,
                name=rate.name,
                rate=rate.rate,
                cost=rate.cost,
                is_taxable=rate.is_taxable,
                taxes=rate.taxes,
                gl_account=rate.gl_account,
            )
        )
    return tuple(planned)


async def check_taxes(work: Work, drafts: Iterable[LaborDraft]) -> None:
    """Refuse taxes that the organisation does not have. No statement where none is named.

    Raises:
        ReferenceNotFound: The first of them.
    """
    named = [tax for draft in drafts if isinstance(draft.rate, AdHocRate) for tax in draft.rate.taxes]
    if not named:
        return
    rows = await work.session.execute(select(Tax.name, Tax.group_name))
    known = {TaxName(row.name, row.group_name) for row in rows}
    for tax in named:
        if tax not in known:
            raise ReferenceNotFound("Tax", f"{tax.group} {tax.name}", field="taxes")


_ADD = """
INSERT INTO job_labor (
    job_id, position, person_id, minutes, labor_rate_id, name, rate, cost, is_taxable, taxes, gl_account)
SELECT %(job_id)s::bigint, position, person_id, minutes, labor_rate_id, name, rate, cost, is_taxable, taxes, gl_account
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (
    position integer, person_id bigint, minutes integer, labor_rate_id bigint, name text, rate numeric, cost numeric,
    is_taxable boolean, taxes jsonb, gl_account text)
"""


async def add_labor(work: Work, job_id: int, labor: Sequence[LaborState]) -> None:
    """Write the labor of a new job. One statement, or none."""
    if labor:
        await send(work.session, _ADD, {"job_id": job_id, "rows": msgspec.json.encode(labor).decode()})
