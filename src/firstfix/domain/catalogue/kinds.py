"""What is kept of the price book and of lookups."""

from decimal import Decimal
from typing import Final

from firstfix.domain.rows import Kind

_PRICES: Final = {
    "description": "",
    "unit_cost": Decimal(0),
    "unit_price": Decimal(0),
    "markup_type": "fixed",
    "markup_value": Decimal(0),
    "is_taxable": False,
}
TASK: Final = Kind(
    name="catalogue_task",
    entity="Task",
    table="catalogue_tasks",
    holds_fields_of="Task",
    cleared={**_PRICES, "is_mandatory": False},
)
ITEM: Final = Kind(
    name="catalogue_item",
    entity="Item",
    table="catalogue_items",
    holds_fields_of="Item",
    cleared={**_PRICES, "is_tracked_on_van": False},
)
JOB_TYPE: Final = Kind(
    name="job_type",
    entity="JobType",
    table="job_types",
    unique={"uq_job_types_organisation_id_name": "name"},
)
STATUS: Final = Kind(
    name="status", entity="Status", table="statuses", unique={"uq_statuses_organisation_id_name": "name"}
)
PRIORITY: Final = Kind(
    name="priority", entity="Priority", table="priorities", unique={"uq_priorities_organisation_id_name": "name"}
)
PAYMENT_STATUS: Final = Kind(
    name="payment_status",
    entity="PaymentStatus",
    table="payment_statuses",
    unique={"uq_payment_statuses_organisation_id_name": "name"},
)
DOCUMENT_TYPE: Final = Kind(
    name="document_type",
    entity="DocumentType",
    table="document_types",
    unique={"uq_document_types_organisation_id_name": "name", "uq_document_types_organisation_id_key": "name"},
)
TIME_RANGE: Final = Kind(
    name="time_range",
    entity="TimeRange",
    table="time_ranges",
    required=("name", "start_time", "end_time"),
    unique={"uq_time_ranges_organisation_id_name": "name"},
)
SKILL: Final = Kind(name="skill", entity="Skill", table="skills", unique={"uq_skills_organisation_id_name": "name"})
LABOR_RATE: Final = Kind(
    name="labor_rate",
    entity="LaborRate",
    table="labor_rates",
    required=("name", "rate"),
    cleared={"cost": Decimal(0), "is_taxable": False},
    unique={"uq_labor_rates_organisation_id_name": "name"},
)
