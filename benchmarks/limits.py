"""What it costs a request to be counted: for its address and its account, and for an operation that has no limit."""

import time
from pathlib import Path
from uuid import uuid4

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.rate_limits import Account, RateLimiter
from firstfix.kit.key_file import KeyFile

REQUESTS = 300_000
"""So many of one caller within a minute: each process takes a lease now and then, as under load."""


async def measure(url: str, keys: Path) -> float:
    """Count requests as an edge does, and give the seconds that one costs, leases included.

    Args:
        url: The database, as the app's role.
        keys: A key file, which is not looked at.
    """
    database = Database(url, keys=KeyFile(keys), limits=Limits(transactions=1, reads=2))
    await database.open()
    now = time.time()
    limiter = RateLimiter(database, clock=lambda: now)  # one minute, however long it takes
    await limiter.refresh()
    address, account = str(uuid4()), Account(1, uuid4().int % 10**15)
    began_at = time.perf_counter()
    for _ in range(REQUESTS):
        allowances = [limiter.of_address(address), limiter.of_account(account)]
        for allowance in allowances:
            if allowance is not None:
                await limiter.take(allowance)
        limiter.of_address(address, "manage listJobs")
        limiter.of_account(account, "manage listJobs")
        min((limiter.standing(allowance) for allowance in allowances if allowance), key=lambda one: one.remaining)
    cost = (time.perf_counter() - began_at) / REQUESTS
    await database.close()
    return cost
