"""`firstfix worker`: the background worker alone, beside servers that run with --no-worker."""

from contextlib import ExitStack

from firstfix.adapters.bootstrap import check_database, check_keys
from firstfix.adapters.logs import set_up_logging
from firstfix.cli.databases import any_database
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say
from firstfix.cli.supervisor import Child, child_environment, stop_signals
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import load_settings


def worker(*, data: DataFolder = None) -> None:
    """Run the background worker until Ctrl-C. Any number of them may run on one database."""
    set_up_logging()
    settings = load_settings(data=data)
    with stop_signals() as asked_to_stop, ExitStack() as stack:
        urls = stack.enter_context(any_database(settings))
        check_database(urls.app)
        check_keys(urls.app, load_key_ring(settings.keys))
        child = Child("worker", child_environment(settings, urls))
        child.start()
        stack.callback(child.stop)
        say("The background worker runs (Ctrl-C stops it).")
        asked_to_stop.wait()
