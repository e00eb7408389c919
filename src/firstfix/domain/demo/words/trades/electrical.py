"""Electrical."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(60, 95, "No power in {room}", "All sockets in {room} dead since {day}; the breaker trips again at once."),
    urgent(
        60, 95, "Total loss of power", "No supply {when}; the street has light. Check the main switch and fuse carrier."
    ),
    urgent(
        60,
        90,
        "Burning smell from socket in {room}",
        "Scorch mark around the socket in {room}. Circuit switched off at the board.",
    ),
    urgent(
        60,
        90,
        "Water running into light fitting in {room}",
        "Fitting off and isolated {when}. Make safe; a plumber attends separately.",
    ),
    urgent(
        45, 85, "Exposed cable in {room}", "Faceplate pulled off the wall on {day}. Children in the property.", "homes"
    ),
    routine(45, 65, "Light not working in {room}", "New lamp tried on {day}. Pendant with a pull switch."),
    routine(45, 65, "Socket loose in {room}", "Double socket in {room} moves in the wall; box lugs probably broken."),
    routine(
        60, 85, "Lights flickering in {room}", "Flicker {when}, dimmer fitted. Check connections and the lamp load."
    ),
    routine(
        60,
        85,
        "Breaker trips when oven is used",
        "Trips after ten minutes {when}. Test the element before the circuit.",
        "homes",
    ),
    routine(
        45,
        70,
        "Extractor fan not running in {wet}",
        "Silent since {day}; the fuse beside it is sound.",
    ),
    routine(45, 75, "Door entry handset dead", "Buzzer heard but no speech {when}. Others in the block work.", "homes"),
    routine(60, 95, "External light not coming on at {side}", "Sensor fails {when}; {side} is dark."),
    routine(
        60,
        90,
        "Immersion heater not heating",
        "Cold since {day}. Test element and thermostat; the cylinder is by {room}.",
        "homes",
    ),
    routine(
        90,
        140,
        "Replace cooker switch in kitchen",
        "Cracked and warm to the touch. Load checked on {day}, cable is 6 mm².",
        "homes",
    ),
    routine(
        60,
        90,
        "Storage heater not charging in {room}",
        "Cold every morning since {day}; the others charge overnight.",
        "homes",
    ),
    planned(
        180,
        190,
        "Electrical installation condition report",
        "Five-yearly report due. Power off for about two hours from {day}; the board is by {room}.",
        "homes",
    ),
    planned(
        240,
        520,
        "Replace consumer unit",
        "Old board without RCDs. Ten-way with surge protection; new tails as quoted, meter by {room}.",
        "homes",
    ),
    planned(60, 85, "Remedial works after report", "Two C2 items: missing earth in {room}, no blank on the board."),
    planned(
        120,
        95,
        "Portable appliance testing",
        "About thirty items, starting in {room}. Stickers and register needed.",
        "sites",
    ),
    planned(
        90,
        150,
        "Fit extractor fan in {wet}",
        "Humidity fan with overrun, ducted through the wall. Core drill on the van.",
    ),
    planned(60, 110, "Emergency lighting test", "Three-hour discharge test. Log book is kept in {room}.", "sites"),
    planned(
        120,
        240,
        "Fit LED panels in {room}",
        "Replace fluorescent fittings like for like; fittings delivered on {day}.",
        "sites",
    ),
    planned(
        180,
        420,
        "Fit electric vehicle charge point",
        "7 kW, tethered. Route along the wall to {side}; earth arrangement to be checked.",
        "homes",
    ),
)
