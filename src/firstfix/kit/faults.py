"""Faults of an installation, as opposed to bugs."""


class Fault(Exception):
    """Something that whoever runs the server can mend. The message tells them, in a sentence, and is all they see."""
