"""Gas & Heating."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(
        90,
        110,
        "Boiler not firing",
        "No heating or hot water since {day}. The boiler locks out and a reset does not help.",
    ),
    urgent(60, 95, "No hot water", "Heating works, the hot taps run cold {when}. Pressure gauge reads normal."),
    urgent(
        60,
        95,
        "Smell of gas near the meter",
        "Supply turned off at the meter and windows opened. Test for tightness and make safe.",
    ),
    urgent(
        90,
        120,
        "Boiler leaking in {room}",
        "A steady drip from below the boiler in {room} since {day}; a bowl is underneath.",
    ),
    urgent(
        60,
        90,
        "Carbon monoxide alarm sounding",
        "The alarm in {room} went off {when}. Appliances are off; everybody is out of the room.",
    ),
    routine(
        60,
        85,
        "Radiator cold in {room}",
        "The radiator in {room} stays cold while the others get hot. Bled on {day} without change.",
    ),
    routine(
        60, 80, "Boiler losing pressure", "Topped up to 1.5 bar on {day}, down to zero again {when}. No visible leak."
    ),
    routine(45, 70, "Thermostat not responding", "The display in {room} is blank; new batteries were fitted on {day}."),
    routine(
        75,
        95,
        "Radiator valve leaking in {room}",
        "Slow drip from the thermostatic valve in {room}; the carpet is damp.",
    ),
    routine(60, 85, "Boiler noisy on start", "Banging for a few minutes {when}, loud enough to be heard in {room}."),
    routine(
        60,
        85,
        "Heating will not turn off",
        "Radiators stay hot with the programmer off, most of all in {room}. Suspect the motorised valve.",
    ),
    routine(
        45,
        75,
        "Set heating programmer",
        "New occupier cannot set the times. Show how, and leave the short guide in {room}.",
        "homes",
    ),
    routine(
        90,
        130,
        "Replace expansion vessel",
        "Found flat at the last visit; pressure rises to 3 bar {when}. Vessel is on the van.",
    ),
    routine(60, 90, "Pilot light on fire goes out", "The gas fire in {room} will not stay lit {when}.", "homes"),
    routine(
        120,
        160,
        "Replace radiator in {room}",
        "Rusted through along the bottom seam. 600 × 1000 double panel, same fixing points.",
    ),
    planned(
        60,
        84,
        "Annual gas safety check",
        "Landlord's gas safety record is due. Check all appliances, the meter and the alarm in {room}.",
        "homes",
    ),
    planned(
        60,
        90,
        "Annual boiler service",
        "Service to the maker's instructions; sign the benchmark book, kept in {room}.",
    ),
    planned(
        90,
        96,
        "Gas safety check and boiler service",
        "Record expires within four weeks. Appointment agreed for a {day}.",
        "homes",
    ),
    planned(
        240,
        480,
        "Power flush heating system",
        "Sludge found in the radiator in {room} at the last service. Flush, dose with inhibitor, leave the test strip.",
    ),
    planned(
        480,
        1850,
        "Boiler replacement",
        "Old appliance beyond repair. Fit the 30 kW combination boiler as quoted; flue through the wall of {room}.",
    ),
    planned(
        60,
        75,
        "Uncap gas supply for new occupier",
        "Void property let from {day}. Uncap, test for tightness and commission the boiler.",
        "homes",
    ),
    planned(
        45,
        60,
        "Fit carbon monoxide alarm",
        "None found at inspection. Fit one in {room}, within three metres of the appliance.",
        "homes",
    ),
    planned(
        150,
        260,
        "Fit thermostatic radiator valves",
        "Five valves, bathroom left open. Begin in {room}; drain down needed.",
    ),
    planned(
        120,
        190,
        "Plant room inspection",
        "Quarterly visit: pumps, expansion vessels, pressurisation unit. Keys from {room}.",
        "sites",
    ),
)
