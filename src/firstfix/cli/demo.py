"""`firstfix demo`: a database with something in it."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from firstfix.adapters.bootstrap import DatabaseUrls, migrate
from firstfix.cli.databases import any_database
from firstfix.cli.options import DataFolder
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import Settings, load_settings

JOBS = 400


def demo(
    *,
    jobs: Annotated[PositiveInt, Parameter(help="About how many jobs to make.")] = JOBS,
    data: DataFolder = None,
) -> None:
    """Fill an empty database with a believable organisation, and tell how to sign in and call the APIs."""
    settings = load_settings(data=data)
    with any_database(settings) as urls:
        migrate(urls)
        fill_demonstration(settings, urls, jobs=jobs)


def fill_demonstration(settings: Settings, urls: DatabaseUrls, *, jobs: int = JOBS) -> None:
    """Fill a migrated database as its owner, unless that was done before."""
    from firstfix.cli.demo_fill import fill  # noqa: PLC0415 (brings the demonstration's texts, which few starts need)

    fill(urls.required_owner, load_key_ring(settings.keys), settings.data, jobs)
