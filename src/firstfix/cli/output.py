"""Writing to the terminal."""

from rich.console import Console

_out = Console(highlight=False, soft_wrap=True, markup=False)


def say(text: str) -> None:
    """Write a line on standard output at once."""
    _out.print(text)
    _out.file.flush()
