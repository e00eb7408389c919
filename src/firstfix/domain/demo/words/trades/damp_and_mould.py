"""Damp & Mould."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(
        90,
        120,
        "Severe mould in child's bedroom",
        "Black growth on two walls, child with asthma. First visit within a day; photographs of {room} too.",
        "homes",
    ),
    urgent(
        60,
        100,
        "Ceiling sagging after leak in {room}",
        "Plasterboard bulges {when}. Make safe, drain, keep people out.",
    ),
    urgent(
        60, 100, "Mould after flood in {room}", "Carpet lifted on {day}. Dehumidifier and wash-down at once.", "homes"
    ),
    urgent(60, 95, "Plaster fallen in {room}", "A square metre down {when}; the rest sounds hollow."),
    routine(60, 80, "Damp in {room} wall", "Tide mark about one metre up on the outside wall, worse {when}."),
    routine(60, 80, "Mould around window in {room}", "Comes back within weeks of cleaning; fan runs since {day}."),
    routine(
        60, 80, "Condensation in {room}", "Wet glass every morning since {day}. Take humidity readings over a week."
    ),
    routine(60, 85, "Musty smell in {room}", "Smell {when}, no stain to see. Check below the floor and behind units."),
    routine(45, 75, "Damp meter survey", "Readings in all rooms, {room} twice. Report with photographs by {day}."),
    routine(
        90,
        130,
        "Wash down and treat mould in {room}",
        "About 4 m². Fungicidal wash, stain block after; return on {day}.",
    ),
    routine(60, 90, "Salts on wall in {room}", "White bloom since the plaster dried on {day}. Brush, do not wash."),
    routine(90, 140, "Damp below window in {room}", "Sill cracked outside; wet {when}. Rake out and seal."),
    routine(60, 95, "Wet patch on ceiling of {room}", "No pipe above; appears {when}. Check the tiles and the felt."),
    routine(60, 85, "Air brick blocked by {room}", "Covered by new paving on {day}. Clear two and check the void."),
    routine(
        60,
        90,
        "Tiles loose from damp in {wet}",
        "Four tiles hollow beside the bath, moves {when}. Check the board behind.",
        "homes",
    ),
    planned(
        60,
        95,
        "Follow-up after damp works in {room}",
        "Six weeks after treatment: readings, photographs, close or escalate by {day}.",
    ),
    planned(
        480,
        980,
        "Injected damp course",
        "Front and gable wall, 1 m of new plaster in {room}. Furniture moved by {day}.",
    ),
    planned(
        240,
        460,
        "Fit positive input ventilation unit",
        "Loft unit with grille in the ceiling by {room}; spur agreed on {day}.",
    ),
    planned(
        120,
        190,
        "Redecorate {room} after damp works",
        "Dry since {day}. Mist coat, two coats, anti-mould paint on the outside wall.",
    ),
    planned(180, 290, "Renew plaster in {room}", "Hack off to one metre, renovating plaster. Sockets moved on {day}."),
    planned(90, 130, "Install humidity loggers", "Three loggers for four weeks, one in {room}. Collect on a {day}."),
    planned(
        120, 170, "Clear and vent sub-floor", "Rubble below {room} bridges the damp course. Hatch is cut from {day}."
    ),
)
