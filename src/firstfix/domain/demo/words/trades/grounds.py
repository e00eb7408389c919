"""Grounds."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(90, 130, "Fallen branch at {side}", "The way is blocked {when}. Chainsaw operator needed."),
    urgent(60, 95, "Broken glass in play area", "Found on {day} beside the swings. Close, clear and rake.", "sites"),
    urgent(60, 95, "Ice at {side}", "Somebody slipped {when}. Salt the steps and the ramp."),
    urgent(60, 100, "Fence down at {side}", "Two panels in the road since {day}. Make safe; mind the dog.", "homes"),
    urgent(60, 90, "Manhole cover missing at {side}", "Open since {day}. Barrier first, then fit a cover."),
    routine(60, 70, "Fly-tipping at {side}", "Mattress and two bags since {day}. Photograph before clearing."),
    routine(60, 75, "Overgrown hedge at {side}", "Hides the sign and catches people {when}. Cut back to the line."),
    routine(60, 70, "Wasp nest at {side}", "Seen going in below the eaves {when}. Dust and return."),
    routine(45, 60, "Bin lid broken at {side}", "Rats seen {when}. Swap the 1100 l lid."),
    routine(90, 130, "Loose paving slab at {side}", "Rocks when stepped on, marked on {day}. Lift, bed, point."),
    routine(60, 75, "Graffiti at {side}", "Offensive, painted {when}. Test the remover first."),
    routine(90, 120, "Blocked gully at {side}", "Stands ankle deep {when}. Lift the grate, rod, jet if needed."),
    routine(60, 80, "Rats seen at {side}", "Burrow below the shed, bait points needed. Sighted {when}."),
    routine(60, 85, "Washing line post leaning", "Leans towards {side} since {day}. Reset in concrete.", "homes"),
    routine(45, 60, "Weeds at {side}", "Kerbs and joints. Spray on a dry day, not {day}."),
    routine(60, 80, "Gate will not latch at {side}", "Swings open {when}. Reset the post or move the latch."),
    planned(120, 95, "Grass cutting", "Fortnightly cut, begin at {side}. Bins are out on {day}.", "sites"),
    planned(180, 160, "Hedge cutting, whole site", "Nest check first. Start at {side}; chip on {day}.", "sites"),
    planned(60, 60, "Litter pick and sweep", "Car park, steps and bin store; begin at {side}. Every {day}."),
    planned(
        120, 140, "Clear leaves from gullies", "Six gullies on the plan, begin at {side}. Round of {day}.", "sites"
    ),
    planned(240, 420, "Tree crown lift at {side}", "Two limes to 5.2 m, consent in the file. Cars off by {day}."),
    planned(480, 980, "Replace fence at {side}", "Twelve bays, concrete posts. Neighbour told; starts on {day}."),
    planned(90, 110, "Play area inspection", "Quarterly inspection to the list. Report by {day}.", "sites"),
    planned(60, 70, "Winter salt bin refill", "Fill both bins, one at {side}, before {day}.", "sites"),
    planned(120, 130, "Replant bed at {side}", "Lavender and grasses, delivered on {day}. Bark mulch on top."),
)
