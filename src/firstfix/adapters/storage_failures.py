"""How failures of disk and network are told."""

from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from firstfix.domain.files.ports import StorageUnavailable


@contextmanager
def storage_failures(but: type[Exception] | tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn what a disk or a network does to us into what the port raises.

    Raises:
        StorageUnavailable: Anything went wrong, but for `but`.
    """
    try:
        yield
    except but:
        raise
    except (OSError, BaseError) as error:
        raise StorageUnavailable(str(error)) from error
