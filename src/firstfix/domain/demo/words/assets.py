"""Machines and fittings; the makers are made up."""

from msgspec import Struct


class AssetModel(Struct, frozen=True):
    """A model that may stand in a place. `prefix` begins its serial numbers; `area` is where it usually is."""

    name: str
    maker: str
    model: str
    prefix: str
    area: str
    maintenance: str


BOILERS = (
    AssetModel("Gas boiler", "Thermwell", "Ember 30i", "TW30", "kitchen", "Service yearly; warranty ends without it."),
    AssetModel("Gas boiler", "Thermwell", "Ember 24i", "TW24", "kitchen", "Service yearly; warranty ends without it."),
    AssetModel("Gas boiler", "Ardent Heating", "Compact 28", "AC28", "airing cupboard", "Clean the condensate trap."),
    AssetModel("Gas boiler", "Norvale", "Logic C30", "NV30", "utility room", "Check expansion vessel pressure: 1 bar."),
    AssetModel(
        "Gas boiler", "Hestia", "Focus 25 HE", "HF25", "kitchen", "Obsolete: quote a new one on a larger fault."
    ),
)
CYLINDERS = (
    AssetModel("Hot water cylinder", "Norvale", "Stelflow 180", "NS18", "airing cupboard", "Test the relief valve."),
    AssetModel(
        "Hot water cylinder", "Copperline", "Duo 150", "CD15", "landing", "Descale the element every two years."
    ),
)
CONSUMER_UNITS = (
    AssetModel("Consumer unit", "Wirral Switchgear", "Ten-way RCBO", "WS10", "hallway", "Report due every five years."),
    AssetModel("Consumer unit", "Voltmark", "Split load 12", "VM12", "below the stairs", "No surge protection."),
)
FIRE_PANELS = (
    AssetModel("Fire alarm panel", "Sentrel", "Guard 4", "SG04", "entrance", "Service half-yearly; batteries 2024."),
    AssetModel("Fire alarm panel", "Kestec", "Loop 2", "KL02", "reception", "Service half-yearly; log book beside it."),
)

MODELS_BY_JOB_TYPE = {
    "Gas & Heating": BOILERS,
    "Plumbing": CYLINDERS,
    "Electrical": CONSUMER_UNITS,
    "Fire safety": FIRE_PANELS,
}
"""What work of a type is done on."""
