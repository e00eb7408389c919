"""Where a server answers."""

from firstfix.settings import Settings

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what somebody may listen on, and where to reach it)


def address_of(settings: Settings) -> str:
    """Give the address of the server that runs with these settings, without a slash at the end."""
    if settings.public_url is not None:
        return settings.public_url
    scheme = "http" if settings.tls_cert is None else "https"
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    return f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"
