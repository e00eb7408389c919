"""General maintenance."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(
        60, 90, "Make safe after break-in", "Rear entry forced {when}. Secure {room}, change the cylinder, list damage."
    ),
    urgent(
        60,
        85,
        "Lift alarm button sticking",
        "Rings by itself {when}. Free the button; the lift firm follows on {day}.",
        "sites",
    ),
    urgent(45, 80, "Trip hazard in {room}", "Carpet edge lifted since {day}; somebody nearly fell."),
    urgent(
        60,
        90,
        "Main entrance door will not open",
        "Maglock holds {when}. People use the door at {side} meanwhile.",
        "sites",
    ),
    routine(45, 60, "Blind broken in {room}", "Cord snapped on {day}. Roller, about 1200 wide; fit a child-safe one."),
    routine(60, 70, "Replace toilet seat", "Hinges broken {when}. White, soft close, bottom fix."),
    routine(
        60,
        75,
        "Reseal bath",
        "Black and coming away since {day}. Rake out, dry, white sanitary sealant.",
        "homes",
    ),
    routine(
        60,
        75,
        "Hole in wall of {room}",
        "Door handle through plasterboard on {day}. Patch, fill, touch in, fit a stop.",
    ),
    routine(45, 60, "Vinyl lifting in {wet}", "Edge curls by the door {when}. Glue and bar."),
    routine(
        60, 80, "Curtain rail down in {room}", "Came off the wall on {day}. Plasterboard: use proper anchors.", "homes"
    ),
    routine(
        60, 70, "Mouse droppings in {room}", "Found {when}. Seal gaps behind the units, bait boxes, return in a week."
    ),
    routine(
        60,
        75,
        "Key safe jammed",
        "Code not accepted {when}. Replace it and ring the office with the new code.",
    ),
    routine(45, 60, "Notice board loose in {room}", "One screw left since {day}. Refix into the studs.", "sites"),
    routine(60, 75, "Cracked tile in {wet}", "One floor tile, sharp edge {when}. Match kept in the store."),
    routine(
        90, 110, "Touch up paint in {room}", "Marks from the move on {day}. Colour code is on the tin below the stairs."
    ),
    planned(
        120,
        140,
        "Void inspection",
        "Keys back on {day}. Photographs of each room, meters, list of works.",
        "homes",
    ),
    planned(
        240,
        320,
        "Void clearance and clean",
        "Furniture left in {room}. Clear, clean, ready for letting on {day}.",
        "homes",
    ),
    planned(60, 75, "Mid-term inspection", "Agreed for a {day}. Photographs, alarms tested, note on {room}.", "homes"),
    planned(60, 65, "Move furniture from {room}", "Two wardrobes to the store before the decorators on {day}."),
    planned(480, 560, "Redecorate {room}", "Walls and ceiling, two coats, woodwork in satin. Empty from {day}."),
    planned(60, 90, "Assemble furniture in {room}", "Six desks, delivered on {day}. Take the packing away.", "sites"),
    planned(
        120,
        130,
        "Monthly caretaking round",
        "Lamps, hinges, gutters by eye; begin in {room}. List due by {day}.",
        "sites",
    ),
    planned(60, 85, "Fit baby gate", "Screw-fit at the top of the stairs, needed by {day}.", "homes"),
)
