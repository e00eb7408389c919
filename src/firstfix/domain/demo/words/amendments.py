"""Why people ask for other amounts, what is answered, and why one job follows from another."""

REASONS = (
    "The part is no longer made, the one that replaces it costs more.",
    "Two visits were needed because nobody was in.",
    "More of the plaster came away than could be seen before.",
    "The scaffold stays a week longer.",
    "Parking had to be paid for on both days.",
    "The wiring behind is older than the survey says.",
)
NOTES = {
    "approved": ("Agreed over the phone.", "Photographs seen, that is fair.", "Approved, please keep the receipt."),
    "rejected": ("That was in the quote.", "Please send photographs first.", "Above what was agreed for this block."),
}
REMEDIAL_REASONS = (
    "The fault came back.",
    "Making good after the repair.",
    "Second half of the same work.",
    None,
)
