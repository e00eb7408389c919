"""The commands and their names."""

from importlib.metadata import version

from cyclopts import App
from rich.console import Console

from firstfix.cli.faults import EXPECTED

app = App(
    name="firstfix",
    help="Self-hosted job management for property maintenance and field service.",
    version=lambda: version("firstfix"),
    version_flags=["--version"],
    result_action="return_value",
)
app.command("firstfix.cli.serve:serve", name="serve")


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 failed for a reason that was told, 2 asked for wrongly."""
    try:
        code = app(arguments)
    except EXPECTED as fault:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"firstfix: {fault}", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130
    return code if isinstance(code, int) else 0
