"""Carpentry."""

from firstfix.domain.demo.words.briefs import planned, routine, urgent

BRIEFS = (
    urgent(60, 95, "Front door will not lock", "Handle turns without catching since {day}. Property cannot be left."),
    urgent(
        60,
        95,
        "Door kicked in, make secure",
        "Frame split at the keep {when}. Board or brace, then measure for a new frame.",
    ),
    urgent(60, 90, "Locked out of {room}", "Latch failed behind a closed door {when}. Nobody inside."),
    urgent(60, 90, "Broken stair tread", "Third tread gives way since {day}. Shore it at once, repair can follow."),
    routine(45, 60, "Door sticking in {room}", "Binds at the head {when}. Plane and refit; check the hinges."),
    routine(45, 60, "Cupboard door off in {wet}", "Hinge pulled from the chipboard on {day}. Use repair plates."),
    routine(60, 75, "Replace door handle in {room}", "Spindle worn, handle falls off {when}."),
    routine(
        60, 80, "Floorboard loose in {room}", "Board creaks and lifts near the door of {room}. Mind the pipes below."
    ),
    routine(90, 120, "Repair skirting in {room}", "Two metres damaged by the leak dried out on {day}. Ogee, 120 mm."),
    routine(60, 85, "Kitchen drawer runner broken", "Second drawer dropped on {day}; 450 mm soft close.", "homes"),
    routine(90, 130, "Ease and adjust windows in {room}", "Two sashes stick {when}. Cords sound."),
    routine(60, 95, "Fire door closer leaking oil", "Door to {room} slams {when}. Fit an adjustable closer, size 3."),
    routine(
        90,
        140,
        "Gate does not latch at {side}",
        "Post has moved since the storm on {day}. Reset the post or move the latch.",
    ),
    routine(60, 70, "Letterbox spring broken", "Draught and noise {when}. Brushed cover wanted, 300 mm."),
    routine(60, 85, "Loft hatch will not stay up", "Drops open {when}. Fit a barrel catch.", "homes"),
    planned(
        240,
        380,
        "Renew bath panel and boxing",
        "Plywood boxing rotten after the leak. Access hatch to be left.",
        "homes",
    ),
    planned(
        480,
        1150,
        "Replace kitchen units",
        "Base units to the window wall as drawn, worktop 40 mm. Delivery on {day}.",
        "homes",
    ),
    planned(
        120,
        210,
        "Fit handrail on stairs",
        "Occupational therapist's referral; both sides, full height; wanted by {day}.",
        "homes",
    ),
    planned(
        90, 120, "Fit grab rails in {room}", "Two rails 450 mm at the marked points. Walls are stud: find the noggins."
    ),
    planned(
        180,
        340,
        "Hang fire doors",
        "Two FD30 doors with strips and closers, the first to {room}. Certificates into the file.",
    ),
    planned(
        60,
        90,
        "Change locks for new occupier",
        "Keys due back on {day}. Two cylinders, keyed alike, five keys.",
        "homes",
    ),
    planned(
        120,
        190,
        "Renew decking boards",
        "Four boards soft by the steps. Slip-resistant strip on all edges, agreed on {day}.",
    ),
    planned(60, 80, "Fit shelves in {room}", "Three shelves 900 × 250 on brackets; load is box files.", "sites"),
)
