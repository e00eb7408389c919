"""What people write on jobs: case notes as HTML, ways in, and who else to speak to. `{name}` is somebody's name."""

NOTES_BEFORE = (
    "<p>Spoke to {name}: any day after 10:00 suits, <strong>not Friday</strong>.</p>",
    "<p>No answer on the first number, left a message for {name}.</p>",
    "<p>{name} confirmed the appointment by text message.</p>",
    "<p>Keys are with the office, tag 114. Please return them the same day.</p>",
    "<p>Photographs received by e-mail and passed to the engineer.</p>",
    "<p>Asked for a second quote because of the amount. Approved by {name} over the phone.</p>",
    "<p>Parking is difficult: use the bays behind the block, permit in the van.</p>",
    "<p>{name} works nights, please do not call before 13:00.</p>",
    "<p>Part ordered:</p><ul><li>expected in two working days</li><li>supplier will ring when it is in</li></ul>",
    "<p>Dog in the property, {name} will keep it in another room.</p>",
    "<p>Same fault was reported in spring, see the earlier job.</p>",
    "<p>Priority agreed with {name}: vulnerable person in the household.</p>",
)
NOTES_DURING = (
    "<p>On site. Made safe, part needed to finish.</p>",
    "<p>No access at the first visit, card left. {name} will ring to rebook.</p>",
    "<p>Found a second leak behind the panel; {name} agreed to the extra hour.</p>",
    "<p>Isolated at the board and labelled. Nobody is to switch it on again.</p>",
    "<p>Waiting for the scaffold, promised for the end of the week.</p>",
    "<p>Supplier sent the wrong part. Collected another one, back on site after lunch.</p>",
)
NOTES_AFTER = (
    "<p>Work complete, area left clean. {name} was shown how it works.</p>",
    "<p>Rang {name} the next day: all well, no further trouble.</p>",
    "<p>Readings before and after are in the report.</p>",
    "<p>Tested for twenty minutes, no drips. <em>Check again at the next visit.</em></p>",
    "<p>{name} asks for a quote for the other rooms as well.</p>",
    "<p>Certificate sent to the client.</p>",
    "<p>Invoice query from {name} answered: two hours, one part.</p>",
    "<p>Recommended: renew within a year. Quote to follow.</p>",
)
QUESTIONS = (
    (
        "<p>Dear {name},</p><p>our engineer could come on Tuesday between 8 and 12. Does that suit you?</p>",
        "Tuesday is fine. Please ring ten minutes before, the bell is broken.<br><br>{name}",
    ),
    (
        "<p>Could you send us a photograph of the label on the appliance, {name}?</p>",
        "I cannot get behind it, sorry. It is white and says Vaillant in front.",
    ),
    (
        "<p>Dear {name}, is the water still coming through, or has it stopped since you closed the valve?</p>",
        "Stopped. The ceiling is still wet &amp; I have put a bucket under it.",
    ),
    (
        "<p>Is anybody at home on weekdays? Otherwise we would need a key.</p>",
        "I work from home <b>Mondays and Thursdays</b>. Other days my neighbour at no. 7 has a key.",
    ),
    (
        "<p>We have closed the call from last week. Is everything working again, {name}?</p>",
        "Not quite: it went off again this morning, but came back by itself.",
    ),
)
"""What is asked by e-mail, and what comes back."""
REASONS_TO_CANCEL = (
    "<p>{name} rang: it has been fixed by somebody else.</p>",
    "<p>Raised twice, see the other job.</p>",
    "<p>Client does not want to go ahead at this price.</p>",
)
REASONS_TO_RECALL = (
    "<p>{name} rang: the fault is back since yesterday. Going out again without charge.</p>",
    "<p>Client's inspection found it unfinished; photographs by {name} attached to the mail.</p>",
)
ACCESS_DETAILS = (
    "Key safe left of the door, code {code}.",
    "Entry by trade button before noon, afterwards ring flat {flat}.",
    "Caretaker lets you in: ask at reception.",
    "Ring the resident twenty minutes before. Hard of hearing: knock loudly.",
    "Alarm code {code}, panel behind the front door; set it again when leaving.",
    "Side gate is open, use the rear door. Meter cupboard key is on the hook.",
    "Keys from the office, tag {flat}. Sign them out.",
    "Do not let the cat out. Stop tap is below the sink.",
    "Gate code {code}. Park on the left, the right-hand bays are let.",
    "Loft hatch needs the long ladder. Light switch is on the left inside.",
)
