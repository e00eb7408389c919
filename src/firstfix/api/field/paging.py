"""What all lists of this wire share: the `Link` header, and the values that stand for nothing."""

from urllib.parse import urlencode
from uuid import UUID

from firstfix.api.exchange import Exchange

LARGEST_PAGE = 10**12
NOBODY = UUID(int=0)
"""What no row has: stands for a reference that is none."""


def link_header(exchange: Exchange, *, page: int, page_size: int, total: int, is_closed: bool = True) -> str:
    """Write the `Link` header of a page: the request's own query, then the page.

    The last page is total / page size, rounded down, even where that page is empty: so the contract has it.

    Args:
        exchange: The request.
        page: Its page, from 0.
        page_size: How many it has at most.
        total: How many there are.
        is_closed: Whether the collection's path ends with a slash, however it was asked for.
    """
    kept = [(name, value) for name, value in exchange.parameters if name not in ("page", "pageSize")]
    pages = {"first": 0, "last": total // page_size}
    if page > 0:
        pages["prev"] = page - 1
    if (page + 1) * page_size < total:
        pages["next"] = page + 1
    path = exchange.path.rstrip("/") + ("/" if is_closed else "")
    return ",".join(
        f"<{exchange.base_url}{path}?{urlencode([*kept, ('page', number), ('pageSize', page_size)])}>; rel={rel}"
        for rel, number in pages.items()
    )
