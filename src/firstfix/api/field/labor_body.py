"""How the body of a new job writes labor."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.wire import Flag, Ref, SchemaMismatch, TaxName, flag_of, uuid_of
from firstfix.domain.jobs.views import AdHocRate, LaborDraft
from firstfix.domain.jobs.views import TaxName as Tax


class RateBody(Struct, rename="camel", kw_only=True):
    """A rate of the organisation by its uuid, or one for this line alone: then `name` and `rate` are required."""

    uuid: str | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET
    rate: Decimal | UnsetType | None = UNSET
    cost: Decimal | UnsetType | None = UNSET
    taxable: Flag | UnsetType | None = UNSET
    taxes: list[TaxName] | UnsetType | None = UNSET
    gl_account: str | UnsetType | None = UNSET


class LaborBody(Struct, rename="camel", kw_only=True):
    """Somebody's minutes on a job."""

    user: Ref
    rate: RateBody
    quantity: int | UnsetType | None = UNSET


def read_labor(bodies: Sequence[LaborBody]) -> tuple[LaborDraft, ...]:
    """Read the labor of a new job."""
    return tuple(
        LaborDraft(
            person=uuid_of(body.user, "User", field="user"),
            minutes=body.quantity or 0,
            rate=_read_rate(body.rate, path=f"labor[{index}].rate."),
        )
        for index, body in enumerate(bodies)
    )


def _read_rate(body: RateBody, *, path: str) -> UUID | AdHocRate:
    """Read a rate: values of its own win over a uuid.

    Raises:
        SchemaMismatch: It has neither a uuid nor both a name and a rate.
        ReferenceNotFound: The uuid is none.
    """
    if isinstance(body.uuid, str) and not body.name and body.rate in (UNSET, None):
        return uuid_of(Ref(body.uuid), "LaborRate", field="rate")
    values: dict[str, Any] = {"name": body.name, "rate": body.rate}
    for name, value in values.items():
        if value in (UNSET, None, ""):
            raise SchemaMismatch(f"Object missing required field `{name}`", path=path + name)
    return AdHocRate(
        name=values["name"],
        rate=values["rate"],
        cost=body.cost or Decimal(0),
        is_taxable=flag_of(body.taxable or None, path=f"{path}taxable"),
        taxes=tuple(Tax(tax.name, tax.group) for tax in body.taxes or ()),
        gl_account=body.gl_account or None,
    )
