"""What is usually done and used on jobs of each type: names of the price book."""

WORK_BY_JOB_TYPE: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "General maintenance": (
        ("Ease and adjust door", ()),
        ("Redecorate room", ("Matt emulsion, white, 10 l",)),
        ("Repair flooring", ()),
        ("Void inspection", ()),
    ),
    "Gas & Heating": (
        ("Boiler fault finding", ("Diverter valve", "Expansion vessel 8 l", "Pressure relief valve 3 bar")),
        ("Annual boiler service", ("Inhibitor 1 l",)),
        ("Landlord gas safety record", ()),
        ("Replace radiator", ("Radiator 600 × 1000 double panel", "Thermostatic radiator valve 15 mm")),
    ),
    "Plumbing": (
        ("Repair leak", ("Copper tube 15 mm, 3 m", "Push-fit elbow 15 mm", "Isolating valve 15 mm")),
        ("Replace tap", ("Kitchen mixer tap",)),
        ("Clear blocked toilet", ()),
        ("Reseal bath or shower", ("Sanitary silicone, white",)),
    ),
    "Electrical": (
        ("Electrical fault finding", ("RCBO 32 A",)),
        ("Replace socket or switch", ("Double socket, white", "Light switch, one gang")),
        ("Replace light fitting", ("LED lamp B22 9 W",)),
        ("Fit extractor fan", ("Extractor fan 100 mm, humidistat",)),
    ),
    "Carpentry": (
        ("Ease and adjust door", ()),
        ("Change lock cylinder", ()),
        ("Fit handrail", ()),
        ("Hang fire door", ()),
    ),
    "Roofing": (
        ("Replace slipped tiles", ("Clay pantile, reclaimed",)),
        ("Clear gutters", ("Gutter length 4 m, black",)),
        ("Roof inspection", ()),
    ),
    "Glazing": (("Board up opening", ()), ("Fit sealed unit", ())),
    "Damp & Mould": (
        ("Mould wash and treat", ("Fungicidal wash 5 l",)),
        ("Damp survey", ()),
        ("Fit extractor fan", ("Extractor fan 100 mm, humidistat",)),
    ),
    "Fire safety": (
        ("Fire alarm service", ("Smoke alarm, mains, linked", "Heat alarm, mains, linked")),
        ("Emergency lighting test", ("LED bulkhead, emergency",)),
        ("Fire door inspection", ()),
    ),
    "Grounds": (("Grass cutting", ()), ("Clear gutters", ("Gutter length 4 m, black",))),
}
"""Tasks, each with the items that may go with it."""
RATE_BY_JOB_TYPE = {"Gas & Heating": "Gas engineer", "Electrical": "Electrician"}
USUAL_RATE = "Standard hour"
NOTES = (
    "",
    "",
    "",
    "Parts on the van.",
    "Tested and left working.",
    "Second visit may be needed.",
    "Photographs taken.",
)

BREAKS = ("lunch", "break", "tea break", "phone call")
"""Why somebody pauses for a short while."""
REASONS_TO_WAIT = ("waiting for parts", "no access", "waiting for approval", "another job came first")
"""Why somebody leaves a job before it is done."""
END_OF_DAY = "end of the day"
