"""`firstfix …`: the command line. One module a group of commands; each is imported only when it is asked for."""

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from firstfix.cli.commands import run  # noqa: PLC0415 (the package's name is imported by every child process)

    sys.exit(run(sys.argv[1:]))
