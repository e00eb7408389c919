"""Glazing."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(60, 120, "Broken window in {room}", "Pane smashed {when}. Board up, measure and order."),
    urgent(
        60,
        120,
        "Shop front glass cracked",
        "Crack runs the whole height by {room} since {day}. Film and barrier, then order.",
        "sites",
    ),
    urgent(45, 95, "Window in {room} will not close", "Hinge bent; the window hangs open {when} on the ground floor."),
    urgent(
        60, 110, "Glass door panel shattered", "Lower panel of the door to {room} went on {day}. Clear up and board."
    ),
    urgent(
        45,
        90,
        "Patio door will not lock",
        "Hooks do not throw since {day}; the caller sleeps in the room beside it.",
        "homes",
    ),
    routine(
        60, 95, "Misted double glazing in {room}", "Condensation between the panes {when}. Measure for a new unit."
    ),
    routine(45, 75, "Window handle broken in {room}", "Spindle snapped on {day}. Locking handle, right hand."),
    routine(60, 85, "Draught from window in {room}", "Gasket shrunk in the corners; felt most {when}."),
    routine(60, 85, "Window hinge worn in {room}", "Sash drops when opened {when}. 12 inch egress friction stays."),
    routine(45, 75, "Trickle vent missing in {room}", "Cover lost since {day}; rain blows in."),
    routine(60, 90, "Patio door hard to slide", "Needs two hands {when}; rollers probably worn.", "homes"),
    routine(90, 140, "Putty falling out in {room}", "Old steel frame; three panes of {room} loose since {day}."),
    routine(60, 90, "Safety film peeling in {room}", "Edges lift {when}. Renew 2 m² of manifestation film.", "sites"),
    routine(
        45,
        70,
        "Window restrictor broken in {room}",
        "Child lives there. Fit two cable restrictors; keys to the office on {day}.",
        "homes",
    ),
    routine(
        60,
        90,
        "Cat flap pane wanted for kitchen door",
        "Measured on {day}. Fit the unit with the hole, keep the old one.",
        "homes",
    ),
    planned(60, 110, "Fit new sealed unit in {room}", "Unit 860 × 1110 arrived on {day}. Toughened, 28 mm."),
    planned(
        480,
        1900,
        "Replace windows, front elevation",
        "Six frames, white, as surveyed. Scaffold from {day}; clear the sills of {room}.",
    ),
    planned(
        240,
        720,
        "Replace composite front door",
        "Anthracite, left hung, surveyed on {day}. Make good in {room}.",
        "homes",
    ),
    planned(
        120,
        180,
        "Overhaul sash windows in {room}",
        "New cords, parting beads and draught strip to two windows; paint follows on {day}.",
    ),
    planned(
        60,
        95,
        "Measure for secondary glazing in {room}",
        "Conservation area, so nothing outside. Sliding units wanted, visit on a {day}.",
    ),
    planned(
        90,
        150,
        "Fit privacy glass in {wet}",
        "Frosted unit; the neighbour's extension was finished on {day}.",
        "homes",
    ),
    planned(
        120,
        140,
        "Window safety check",
        "Annual check of restrictors above the ground floor. Register is in {room}.",
        "sites",
    ),
    planned(60, 120, "Fit mirror in {room}", "1200 × 900 safety backed on clips, delivered on {day}."),
)
