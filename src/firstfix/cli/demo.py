"""`firstfix demo`: a database with something in it."""

from functools import partial
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt
from rich.progress import MofNCompleteColumn, Progress

from firstfix.adapters.bootstrap import DatabaseUrls, migrate
from firstfix.adapters.storage import make_storage
from firstfix.cli.databases import any_database
from firstfix.cli.options import DataFolder
from firstfix.cli.output import out, say
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import Settings, load_settings

JOBS = 400


def demo(
    *,
    jobs: Annotated[PositiveInt, Parameter(help="How many jobs to make; again with more, to let it grow.")] = JOBS,
    data: DataFolder = None,
) -> None:
    """Fill an empty database with two believable organisations, and tell how to sign in and call the APIs."""
    settings = load_settings(data=data)
    with any_database(settings) as urls:
        migrate(urls)
        _fill(settings, urls, jobs=jobs, may_grow=True)
    tell_demonstration(settings)


def fill_demonstration(settings: Settings, urls: DatabaseUrls) -> None:
    """Fill a migrated database as its owner, unless that was done before, and write where the server will answer."""
    from firstfix.cli.demo_fill import publish  # noqa: PLC0415 (brings the demonstration's texts: few starts need them)

    _fill(settings, urls, jobs=JOBS, may_grow=False)
    publish(settings.data, settings.address)


def tell_demonstration(settings: Settings) -> None:
    """Tell how to sign in and call the APIs."""
    from firstfix.cli.demo_fill import describe  # noqa: PLC0415 (as above)

    say(describe(settings.data))


def _fill(settings: Settings, urls: DatabaseUrls, *, jobs: int, may_grow: bool) -> None:
    from firstfix.cli.demo_fill import fill  # noqa: PLC0415 (as above)

    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=out, transient=True) as bar:
        task = bar.add_task("Making jobs", total=None)
        fill(
            urls.required_owner,
            load_key_ring(settings.keys),
            settings.data,
            jobs,
            lambda made, total: bar.update(task, completed=made, total=total),
            may_grow=may_grow,
            open_storage=partial(make_storage, settings),
        )
