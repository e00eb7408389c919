"""What a command may fail with."""

from firstfix.kit.faults import Fault


class CommandFailed(Fault):
    """What was asked for cannot be done."""
