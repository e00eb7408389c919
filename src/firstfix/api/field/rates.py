"""Labor rates and taxes."""

from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.job_lists import Named
from firstfix.api.field.resources import Filter, Resource, Writes, serve
from firstfix.api.field.wire import TAX_NAME_SQL, Flag, Link, Ref, TaxName, amount_sql, hex_sql, wire_name
from firstfix.domain.catalogue import commands
from firstfix.domain.people.permissions import MANAGE_CATALOGUE, VIEW_CATALOGUE


class LaborRateBody(Struct, kw_only=True, rename=wire_name):
    """The body of a labor rate. Without users it applies to everybody; `users` and `taxes` are replaced whole."""

    name: str | UnsetType | None = UNSET
    rate: Decimal | UnsetType | None = UNSET
    cost: Decimal | UnsetType | None = UNSET
    is_taxable: Flag | UnsetType | None = UNSET
    taxes: list[TaxName] | UnsetType | None = UNSET
    gl_account: str | UnsetType | None = UNSET
    users: list[Ref] | UnsetType | None = UNSET


class LaborRateItem(Struct, rename="camel", kw_only=True):
    """What an hour of work costs and is charged at."""

    uuid: str
    name: str
    rate: Decimal
    cost: Decimal
    taxable: bool
    taxes: list[TaxName]
    gl_account: str | None
    users: list[Named]
    link: Link


class TaxBody(Struct, kw_only=True, rename=wire_name):
    """The body of a tax."""

    name: str | UnsetType | None = UNSET
    group_name: str | UnsetType | None = UNSET
    rate: Decimal | UnsetType | None = UNSET


class TaxItem(Struct, kw_only=True):
    """A tax; `rate` in percent."""

    uuid: str
    name: str
    group: str
    rate: Decimal
    link: Link


LABOR_RATES = Resource(
    entity="LaborRate",
    plural="labor rates",
    path="/settings/laborrates",
    table="labor_rates",
    shape=LaborRateItem,
    item=f"""
    labor_rates.name,
    {amount_sql("labor_rates.rate")} AS rate,
    {amount_sql("labor_rates.cost")} AS cost,
    labor_rates.is_taxable AS taxable,
    (SELECT coalesce(json_agg({TAX_NAME_SQL} ORDER BY taxes.group_name, taxes.name), '[]')
        FROM labor_rate_taxes JOIN taxes ON taxes.organisation_id = labor_rate_taxes.organisation_id
            AND taxes.id = labor_rate_taxes.tax_id
        WHERE labor_rate_taxes.organisation_id = labor_rates.organisation_id
            AND labor_rate_taxes.labor_rate_id = labor_rates.id) AS taxes,
    labor_rates.gl_account AS "glAccount",
    (SELECT coalesce(json_agg(json_build_object('uuid', {hex_sql("people.uuid")}) ORDER BY people.id), '[]')
        FROM labor_rate_people JOIN people ON people.organisation_id = labor_rate_people.organisation_id
            AND people.id = labor_rate_people.person_id
        WHERE labor_rate_people.organisation_id = labor_rates.organisation_id
            AND labor_rate_people.labor_rate_id = labor_rates.id) AS users""",  # noqa: S608 (pieces of ours)
    filters={"name": Filter("labor_rates.name")},
    sorts={"name": ("labor_rates.name",)},
    read_keys=VIEW_CATALOGUE,
)
TAXES = Resource(
    entity="Tax",
    plural="taxes",
    path="/settings/taxes",
    table="taxes",
    shape=TaxItem,
    item=f"""
    taxes.name,
    taxes.group_name AS group,
    {amount_sql("taxes.rate")} AS rate""",
    filters={"name": Filter("taxes.name")},
    sorts={"name": ("taxes.name", "taxes.group_name")},
    read_keys=VIEW_CATALOGUE,
)

serve(
    LABOR_RATES,
    Writes(
        key=MANAGE_CATALOGUE,
        body=LaborRateBody,
        create=commands.add_labor_rate,
        change=commands.change_labor_rate,
        remove=commands.remove_labor_rate,
    ),
)
serve(
    TAXES,
    Writes(
        key=MANAGE_CATALOGUE,
        body=TaxBody,
        create=commands.add_tax,
        change=commands.change_tax,
        remove=commands.remove_tax,
    ),
)
