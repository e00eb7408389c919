"""What the tests of faults share. `tests/factories/installations.py` says how they are written."""

from collections.abc import Callable, Iterator

import pytest

from tests.factories.installations import Installation

Install = Callable[..., Installation]


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Start installations, with options and settings as `Installation` takes them; they end with the module."""
    installations: list[Installation] = []

    def make(*options: str, **settings: str) -> Installation:
        installations.append(Installation(tmp_path_factory.mktemp("installation"), *options, **settings))
        return installations[-1]

    yield make
    for installation in installations:
        installation.close()
