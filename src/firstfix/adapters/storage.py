"""Which store the settings name."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from obstore.store import S3Store

from firstfix.adapters.local_storage import LocalStorage
from firstfix.adapters.s3_storage import S3Storage
from firstfix.domain.files.ports import ContentKeys, Storage
from firstfix.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config  # not there at run time


def make_storage(settings: Settings, keys: ContentKeys) -> Storage:
    """Make the store. What is coming in is always written to the data folder first.

    Args:
        settings: Where it is.
        keys: Where it finds what it seals content with.
    """
    folder = settings.data / "files"
    if settings.storage_url is None:
        return LocalStorage(folder, keys)
    parts = urlsplit(settings.storage_url)
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=_config(settings),
        client_options={
            "allow_http": (settings.storage_endpoint or "").startswith("http:"),
            "connect_timeout": timedelta(seconds=3),
            "read_timeout": timedelta(seconds=20),
            "timeout": timedelta(hours=1),  # of a whole download, which is as slow as who reads it
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    )
    return S3Storage(store, folder / "tmp", keys)


def _config(settings: Settings) -> "S3Config":
    given = {
        "region": settings.storage_region,
        "endpoint": settings.storage_endpoint,
        "access_key_id": settings.storage_access_key,
        "secret_access_key": settings.storage_secret_key,
        "conditional_put": "etag",
        "checksum_algorithm": "sha256",  # the store compares what arrives with what was sent
    }
    # What is not given, the library looks for where Amazon's own tools do.
    return cast("S3Config", {name: value for name, value in given.items() if value is not None})
