"""The commands and their names."""

from importlib.metadata import version as version_of

from cyclopts import App
from rich.console import Console

from firstfix.cli.output import say
from firstfix.domain.errors import Refusal
from firstfix.kit.faults import Fault

app = App(
    name="firstfix",
    help="Self-hosted job management for property maintenance and field service.",
    version=lambda: version_of("firstfix"),
    version_flags=["--version"],
    result_action="return_value",
)
_GROUPS = frozenset({"user", "token", "keys", "audit", "quarantine"})
# By name: a command's modules are imported when it is asked for.
for _name, _help in (
    ("serve", "Run everything: web processes, background worker, embedded PostgreSQL."),
    ("worker", "Run the background worker alone."),
    ("migrate", "Bring the schema up to date."),
    ("demo", "Fill an empty database with a believable organisation."),
    ("openapi", "Write the OpenAPI document of this version."),
    ("user", "Create accounts, and let people in again who are locked out."),
    ("token", "Create, list and revoke API keys of the field API."),
    ("keys", "Check and rotate the keys of sealed fields."),
    ("audit", "Export audit logs, and verify exports."),
    ("quarantine", "Look at letters that named no organisation."),
    ("check", "Check the invariants of the database."),
    ("doctor", "Tell how this installation is set up and what is wrong with it."),
):
    app.command(f"firstfix.cli.{_name}:{'app' if _name in _GROUPS else _name}", name=_name, help=_help)


@app.command
def version() -> None:
    """Tell which version this is."""
    say(version_of("firstfix"))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 failed for a reason that was told, 2 asked for wrongly."""
    try:
        code = app(arguments)
    except (Fault, Refusal) as fault:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(f"firstfix: {fault}")
        return 1
    except KeyboardInterrupt:
        return 130
    return code if isinstance(code, int) else 0
