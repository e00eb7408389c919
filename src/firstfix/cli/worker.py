"""`firstfix worker`: the background worker alone, beside servers that run with --no-worker."""

from contextlib import ExitStack
from typing import NoReturn

from firstfix.adapters.bootstrap import check_database, check_keys
from firstfix.adapters.logs import set_up_logging
from firstfix.cli.databases import any_database
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say
from firstfix.cli.supervisor import Child, StopAsked, child_environment, stop_signals, wait_for_signal
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import Settings, load_settings


def worker(*, data: DataFolder = None) -> None:
    """Run the background worker until Ctrl-C. Any number of them may run on one database."""
    settings = load_settings(data=data)
    set_up_logging()
    with stop_signals(), ExitStack() as stack:
        try:
            _work(stack, settings)
        except StopAsked:
            say("Stopping…")


def _work(stack: ExitStack, settings: Settings) -> NoReturn:
    urls = stack.enter_context(any_database(settings))
    check_database(urls.app)
    check_keys(urls.app, load_key_ring(settings.keys))
    child = Child("worker", child_environment(settings, urls))
    child.start()
    stack.callback(child.stop)
    say("The background worker runs (Ctrl-C stops it).")
    wait_for_signal()
