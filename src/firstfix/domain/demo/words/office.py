"""What an office keeps beside its price book: skills, why people are away, what is served."""

from typing import Final

SKILLS: Final = {
    "Gas Safe registration": ("Gas & Heating",),
    "Unvented hot water": ("Gas & Heating", "Plumbing"),
    "18th Edition wiring": ("Electrical",),
    "Fire alarm servicing": ("Fire safety", "Electrical"),
    "Working at height": ("Roofing", "Glazing"),
    "Asbestos awareness": ("General maintenance", "Carpentry", "Damp & Mould"),
}
"""Each with the job types that ask for it."""

UNAVAILABILITY_TYPES: Final = (
    ("Annual leave", "Booked with the office", True),
    ("Sick leave", "", True),
    ("Training", "Courses and renewals of cards", True),
    ("Unpaid leave", "", False),
)
"""Name, description, and whether it is paid."""

COLOURS: Final = ("1f6feb", "2da44e", "bf8700", "8250df")
"""Of service areas, in turn."""
