"""Roofing."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(
        120,
        180,
        "Roof leaking into {room}",
        "Water comes through {when}; buckets are out. Make watertight, then quote.",
    ),
    urgent(90, 150, "Loose slates over {side}", "Two slates hang loose since {day}. Cordon off and remove."),
    urgent(
        120, 190, "Storm damage to ridge", "Ridge tiles in the gutter after {day}. Temporary cover wanted before night."
    ),
    urgent(
        90,
        140,
        "Flat roof blister split",
        "Felt split above {room}, wet {when}. Torch-on patch, about one square metre.",
    ),
    routine(60, 95, "Gutter overflowing at {side}", "Sheets of water over the front {when}. Clear and test the fall."),
    routine(60, 90, "Downpipe blocked", "Backs up at the shoe {when}; the wall of {room} is wet."),
    routine(90, 130, "Slipped tile over {side}", "One tile in the gutter since {day}. Profile to be matched."),
    routine(60, 85, "Gutter joint dripping", "Drips onto the path at {side} {when}. Renew the seal or the union."),
    routine(120, 210, "Lead flashing lifted", "Chimney flashing has lifted, damp in {room} {when}. Re-dress and seal."),
    routine(
        90,
        140,
        "Damp patch on chimney breast in {room}",
        "Brown stain grows {when}. Check pots, flaunching and flashing.",
    ),
    routine(60, 90, "Bird nest in gutter", "Not in use, checked on {day}. Clear and fit a guard."),
    routine(
        120, 190, "Skylight leaking over {room}", "Drips at the lower corner {when}. Check the kit and the flashing."
    ),
    routine(60, 95, "Soffit board hanging", "One length down at {side} since the wind on {day}."),
    routine(90, 120, "Moss blocking valley", "Water backs up {when}. Clear by hand, no pressure washer."),
    planned(
        120,
        160,
        "Clear gutters, whole block",
        "Half-yearly clean. Ladder access at the rear, tower at {side}; {day} is bin day.",
    ),
    planned(
        90,
        150,
        "Roof inspection with photographs",
        "Before the insurer's visit on {day}. Cover the flat roof over {room} too.",
    ),
    planned(
        480,
        2400,
        "Renew felt on flat roof",
        "Strip, renew boards where soft, three layers with mineral cap. Noise over {room} from {day}.",
    ),
    planned(
        480, 1650, "Replace fascias and gutters", "Front elevation, white uPVC, deep flow. Scaffold stands from {day}."
    ),
    planned(
        240, 460, "Repoint chimney", "Rake out and repoint in lime, renew one pot. The fireplace in {room} is blocked."
    ),
    planned(
        180, 320, "Fit bird mesh to solar panels", "Pigeons under the array since {day}. Clip-on mesh, no drilling."
    ),
    planned(
        120,
        220,
        "Renew valley lining",
        "Lead split in two places, temporary repair made on {day}. Access above {room}.",
    ),
    planned(60, 110, "Lay loft insulation", "Top up to 270 mm above {room}; leave the tank side clear.", "homes"),
)
