"""All briefs by job type."""

from firstfix.domain.demo.words.briefs import Brief
from firstfix.domain.demo.words.trades import (
    carpentry,
    damp_and_mould,
    electrical,
    fire_safety,
    gas_and_heating,
    general_maintenance,
    glazing,
    grounds,
    plumbing,
    roofing,
)

BRIEFS_BY_JOB_TYPE: dict[str, tuple[Brief, ...]] = {
    "General maintenance": general_maintenance.BRIEFS,
    "Gas & Heating": gas_and_heating.BRIEFS,
    "Plumbing": plumbing.BRIEFS,
    "Electrical": electrical.BRIEFS,
    "Carpentry": carpentry.BRIEFS,
    "Roofing": roofing.BRIEFS,
    "Glazing": glazing.BRIEFS,
    "Damp & Mould": damp_and_mould.BRIEFS,
    "Fire safety": fire_safety.BRIEFS,
    "Grounds": grounds.BRIEFS,
}
SHARE_OF_JOBS = {
    "General maintenance": 12,
    "Gas & Heating": 22,
    "Plumbing": 19,
    "Electrical": 15,
    "Carpentry": 9,
    "Roofing": 5,
    "Glazing": 4,
    "Damp & Mould": 7,
    "Fire safety": 4,
    "Grounds": 3,
}
"""How many jobs in a hundred are of each type."""
