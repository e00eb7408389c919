"""The form of a job's text: what is asked for, how urgent it tends to be, how long it takes and what it costs."""

from typing import Literal

from msgspec import Struct

Urgency = Literal["urgent", "routine", "planned"]
Where = Literal["anywhere", "homes", "sites"]


class Brief(Struct, frozen=True):
    """A job in words.

    Title and description may speak of a `{room}` of the place, one with water (`{wet}`), a place outside (`{side}`), a
    `{day}` of the week and a part of the day (`{when}`).

    Args:
        urgency: Which priorities it tends to get: `urgent` ones cannot wait, `planned` ones were foreseen.
        minutes: How long the work takes, in whole quarters of an hour.
        price: Pounds without VAT.
        title: One line.
        description: One or two sentences.
        where: Whether it fits a home only, or only what is none: a school, a care home, an office.
    """

    urgency: Urgency
    minutes: int
    price: int
    title: str
    description: str
    where: Where = "anywhere"

    def fits(self, *, is_home: bool) -> bool:
        """Tell whether it may happen in a place."""
        return self.where == "anywhere" or (self.where == "homes") == is_home

    def fill(self, *, room: str, wet: str, side: str, day: str, when: str) -> tuple[str, str]:
        """Give title and description; the title does without articles."""
        title = self.title.format(room=room, wet=wet, side=side, day=day, when=when)
        description = self.description.format(
            room=_with_article(room), wet=_with_article(wet), side=_with_article(side), day=day, when=when
        )
        return title, description


def _with_article(place: str) -> str:
    """Name a place in a sentence: `the kitchen`, but `room 4`."""
    return place if place.startswith("room ") else f"the {place}"


def urgent(minutes: int, price: int, title: str, description: str, where: Where = "anywhere") -> Brief:
    """A fault that cannot wait."""
    return Brief("urgent", minutes, price, title, description, where)


def routine(minutes: int, price: int, title: str, description: str, where: Where = "anywhere") -> Brief:
    """A fault that can wait for its turn."""
    return Brief("routine", minutes, price, title, description, where)


def planned(minutes: int, price: int, title: str, description: str, where: Where = "anywhere") -> Brief:
    """Work that was foreseen."""
    return Brief("planned", minutes, price, title, description, where)
