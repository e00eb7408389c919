"""Custom fields as offices like these declare them, and what stands in them."""

from typing import Any, Final

FIELDS: Final[tuple[dict[str, Any], ...]] = (
    {"entity_class": "Job", "own_key": "keys_held", "name": "Keys held", "kind": "Number"},
    {"entity_class": "Job", "own_key": "parking", "name": "Parking", "kind": "Text"},
    {"entity_class": "Job", "own_key": "pets", "name": "Pets at home", "kind": "CheckBox"},
    {
        "entity_class": "Job",
        "own_key": "cause",
        "name": "Cause",
        "kind": "Dropdown",
        "options": ["Wear and tear", "Misuse", "Weather", "Unknown"],
        "default_value": "Unknown",
    },
    {"entity_class": "Job", "own_key": "certificate_due", "name": "Certificate due", "kind": "Date"},
    {"entity_class": "Job", "own_key": "latest_call", "name": "Latest time to call", "kind": "Time"},
    {
        "entity_class": "Task",
        "own_key": "meter_reading",
        "name": "Meter reading",
        "kind": "Number",
        "is_available_on_job": True,
    },
    {
        "entity_class": "Task",
        "own_key": "isolated",
        "name": "Supply isolated",
        "kind": "CheckBox",
        "is_available_on_job": True,
    },
    {"entity_class": "Asset", "own_key": "warranty_until", "name": "Warranty until", "kind": "Date"},
    {
        "entity_class": "Customer",
        "own_key": "statements",
        "name": "Statements",
        "kind": "Dropdown",
        "options": ["Monthly", "Quarterly"],
        "default_value": "Monthly",
    },
    {"entity_class": "Contact", "own_key": "call_after", "name": "Call after", "kind": "Time"},
    {"entity_class": "Location", "own_key": "stopcock", "name": "Where the stopcock is", "kind": "Text"},
    {"entity_class": "Item", "own_key": "shelf", "name": "Shelf", "kind": "Text"},
    {"entity_class": "Invoice", "own_key": "cost_centre", "name": "Cost centre", "kind": "Text"},
)

PARKING: Final = ("Resident bays only", "Drive at the side", "Pay and display", "Loading bay, 20 minutes")
CAUSES: Final = ("Wear and tear", "Wear and tear", "Weather", "Misuse", "Unknown")
CALLS: Final = ("17:00", "18:30", "20:00")
STOPCOCKS: Final = ("Under the sink", "Hall cupboard", "Pavement, left of the gate")
WARRANTIES: Final = ("2027-03-31", "2028-12-31")
STATEMENTS: Final = ("Monthly", "Quarterly")
SHELVES: Final = ("A1", "B4", "C2")
