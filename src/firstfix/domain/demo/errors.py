"""Refusals about the demonstration."""

from firstfix.domain.errors import Conflict


class NotADemo(Conflict):
    code = "demo.not_a_demo"

    def __init__(self) -> None:
        super().__init__(
            "This database holds organisations of its own, and the demonstration goes only into an empty one: choose"
            " another data folder."
        )


class DemoChanged(Conflict):
    code = "demo.changed"

    def __init__(self, missing: str) -> None:
        super().__init__(f"The demonstration cannot grow: it has no {missing} any more.")
