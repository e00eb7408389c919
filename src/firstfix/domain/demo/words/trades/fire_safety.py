"""Fire safety."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(
        60,
        110,
        "Fire alarm sounding, no fire",
        "Panel shows zone 2, by {room}. Brigade stood down {when}; reset fails.",
        "sites",
    ),
    urgent(
        60, 110, "Fire alarm panel fault", "Battery fault since {day}, buzzer silenced. Panel is by {room}.", "sites"
    ),
    urgent(60, 95, "Smoke alarm missing in {room}", "Found at the visit on {day}; people sleep there.", "homes"),
    urgent(60, 100, "Fire exit blocked or jammed", "Push bar by {room} does not release {when}.", "sites"),
    urgent(60, 95, "Emergency lights out on stairs", "Two fittings dead near {room} since {day}.", "sites"),
    routine(45, 60, "Smoke alarm chirping in {room}", "Chirps {when}; battery is sealed, so replace the head."),
    routine(
        45, 65, "Fire extinguisher discharged", "Used or played with near {room} on {day}. Replace 6 l foam.", "sites"
    ),
    routine(60, 90, "Call point glass broken", "Cover missing by {room} {when}. Replace and test the zone.", "sites"),
    routine(60, 90, "Fire door gap too wide", "More than 4 mm at the head of the {room} door, measured on {day}."),
    routine(
        60, 85, "Intumescent strip missing on {room} door", "Pulled out {when}. Renew both sides and the drop seal."
    ),
    routine(45, 65, "Fire action notice missing", "Notice by {room} gone since {day}. Bring a spare frame."),
    routine(
        60,
        95,
        "Dry riser cabinet forced",
        "Glass and lock broken {when}, cabinet by {room}. Check valves and straps.",
        "sites",
    ),
    routine(
        60, 95, "Heat detector painted over in {room}", "Decorators, on {day}. Replace the head and test.", "sites"
    ),
    routine(
        90, 140, "Stair lighting inverter fault", "Red lamp {when}; battery five years old, unit in {room}.", "sites"
    ),
    planned(
        60,
        75,
        "Weekly fire alarm test",
        "Call point in turn, this week by {room}. Enter in the log book; {day} mornings only.",
        "sites",
    ),
    planned(
        120,
        180,
        "Fire alarm service",
        "Half-yearly service, half of all heads, begin in {room}. Warn the monitoring station; {day} agreed.",
        "sites",
    ),
    planned(
        90,
        120,
        "Fire extinguisher service",
        "About twenty units; list hangs in {room}. Two were due by {day}.",
        "sites",
    ),
    planned(
        120, 150, "Fire door inspection", "Quarterly check of communal doors, begin at {side}. Sheet back by {day}."
    ),
    planned(
        180,
        360,
        "Fire risk assessment",
        "Annual review, blocks and plant. Keys from {room}; report within five days of {day}.",
        "sites",
    ),
    planned(
        60,
        80,
        "Fit mains smoke and heat alarms",
        "Linked, grade D1: {room} and hallway. Cable route agreed on {day}.",
        "homes",
    ),
    planned(
        240,
        540,
        "Fire stopping in riser",
        "Open penetrations behind {room}, photographed on {day}. Batt and mastic, labels on each.",
    ),
    planned(
        120,
        160,
        "Dry riser test",
        "Annual wet pressure test. Road space booked for {day}; outlet at {side} first.",
        "sites",
    ),
    planned(
        60, 95, "Evacuation drill support", "Silence, reset and time the drill on {day}; start from {room}.", "sites"
    ),
)
