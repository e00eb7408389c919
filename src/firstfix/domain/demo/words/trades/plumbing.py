"""Plumbing."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(60, 95, "Burst pipe in {wet}", "Water through the ceiling {when}. Stop tap turned off by the caller."),
    urgent(60, 90, "Toilet blocked", "Only toilet in use, backing up since {day}. Plunger has not helped.", "homes"),
    urgent(
        90,
        120,
        "Leak from flat above into {room}",
        "Staining spreads across the ceiling of {room} {when}. Access above is agreed.",
        "homes",
    ),
    urgent(60, 90, "No cold water", "Taps dry since {day}; neighbours have water. Check the stop tap in {wet} first."),
    urgent(
        90,
        130,
        "Sewage backing up",
        "Foul water in the shower tray {when}. Wear full protection; jetting may be needed.",
        "homes",
    ),
    routine(45, 65, "Tap dripping in {wet}", "The hot tap in {wet} drips {when} and cannot be turned off fully."),
    routine(60, 80, "Toilet running constantly", "Cistern keeps filling since {day}. Likely the flush valve washer."),
    routine(60, 85, "Low water pressure in {wet}", "Flow is weak in {wet} only. Check isolators and aerators."),
    routine(
        60, 80, "Sink draining slowly in {wet}", "Water stands for some minutes. Trap cleaned on {day} without change."
    ),
    routine(
        90, 130, "Replace toilet cistern", "Cracked, found at the inspection on {day}. Close coupled, lever flush."
    ),
    routine(
        60,
        90,
        "Shower runs hot and cold",
        "Temperature swings {when}. Thermostatic bar valve, about eight years old.",
        "homes",
    ),
    routine(
        90,
        140,
        "Leaking waste below bath",
        "Damp patch under the bath panel since {day}. Panel is screwed, not clipped.",
        "homes",
    ),
    routine(45, 60, "Overflow pipe dripping outside", "Drips onto the path at {side} since {day}; slippery in frost."),
    routine(
        60,
        75,
        "Washing machine valve seized",
        "Isolator in {wet} will not turn. Replace with a quarter-turn valve.",
        "homes",
    ),
    routine(120, 180, "Replace kitchen tap", "Mixer loose at the base and leaking into the cupboard {when}."),
    routine(
        60, 85, "Outside tap leaking", "Drips at the wall plate since the frost on {day}. Fit a double check valve."
    ),
    planned(
        60,
        95,
        "Legionella risk: flush outlets",
        "Void for more than two weeks. Flush all outlets and descale the shower head.",
        "homes",
    ),
    planned(
        90,
        140,
        "TMV service and temperature test",
        "Annual service of mixing valves; record the temperature at each outlet.",
        "sites",
    ),
    planned(
        480,
        1400,
        "Bathroom replacement",
        "Strip out and fit the suite as specified; tiling follows. Water off from {day}.",
        "homes",
    ),
    planned(180, 320, "Fit electric shower", "8.5 kW, cable in place. Isolator above the door.", "homes"),
    planned(120, 210, "Replace stop tap", "Seized open at inspection. Freeze kit needed; the board in {room} lifts."),
    planned(
        60,
        70,
        "Fit water meter reading hatch",
        "Meter boxed in behind the cupboard in {wet}. Cut and frame a hatch 300 × 300.",
    ),
    planned(60, 80, "Descale shower heads", "Quarterly task. List of outlets hangs in {room}.", "sites"),
)
