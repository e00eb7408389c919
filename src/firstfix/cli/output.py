"""Writing to the terminal."""

from rich.console import Console, RenderableType

out = Console(highlight=False, markup=False)


def say(text: str) -> None:
    """Write text on standard output at once, as it is."""
    out.print(text, soft_wrap=True)
    out.file.flush()


def show(what: RenderableType) -> None:
    """Write a table or the like, fitted to the terminal."""
    out.print(what)
