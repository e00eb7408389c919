"""What is kept of an organisation itself."""

from typing import Final

from firstfix.domain.rows import Kind

ORGANISATION: Final = Kind(
    name="organisation", entity="Business", table="organisations", required=("name", "time_zone", "currency")
)
BRANCH: Final = Kind(
    name="branch",
    entity="Group",
    table="branches",
    cleared={"is_active": True},
    unique={"uq_branches_organisation_id_name": "name"},
)
SERVICE_AREA: Final = Kind(
    name="service_area",
    entity="ServiceArea",
    table="service_areas",
    required=("name", "north", "east", "south", "west"),
    cleared={"description": "", "colour": "1f6feb"},
    unique={"uq_service_areas_organisation_id_name": "name"},
)
