"""What ends when somebody comes to hold more: ways into their account that others have.

Whoever has one was let near somebody who held less, and would have what was gained without ever being given it.
"""

from collections.abc import Sequence

from sqlalchemy import text

from firstfix.domain.people.kinds import PERSON
from firstfix.domain.rows import Row, record_row
from firstfix.domain.work import Work

_END = text("""
DELETE FROM credentials WHERE person_id = ANY(:person_ids)
    AND (kind = 'password_link' OR (kind = 'api_key' AND is_given))
RETURNING person_id, kind
""")


async def end_ways_in_of_others(work: Work, people: Sequence[Row]) -> int:
    """End links to set a password that are still open, and API keys that somebody else made for people who rise.

    Keys that they made themselves stay, and so do those of the command line, whose user holds everything anyway.

    Args:
        work: The transaction in which they rise.
        people: Who does.

    Returns:
        How many API keys were ended; each person's event tells that of theirs.
    """
    ended = (await work.session.execute(_END, {"person_ids": [row["id"] for row in people]})).all()
    lost = [row.person_id for row in ended if row.kind == "api_key"]
    for row in people:
        if row["id"] in lost:
            record_row(work, PERSON, row, "api_keys_ended", {"api_keys": (lost.count(row["id"]), 0)})
    return len(lost)
