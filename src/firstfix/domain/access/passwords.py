"""Argon2id, at most two at a time and away from the event loop: each takes a core and 64 MiB for a while."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from firstfix.kit.secrets import new_secret

AT_A_TIME: Final = 2
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1024
_LONGEST_QUEUE: Final = 100

_hasher = PasswordHasher()
Result = TypeVar("Result")


class TooManyChecks(Exception):
    """So many passwords wait to be checked that another one would wait for seconds."""


class PasswordChecks:
    """The line in which passwords are checked, one for the whole process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="argon2")
        self._waiting = 0

    async def is_right(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password is the hash's. Takes as long where there is no hash.

        Raises:
            TooManyChecks: The line is too long.
        """
        return await self._run(partial(_is_right, password_hash, password))

    async def hash(self, password: str) -> str:
        """Do what `hash_password` does, in the same line.

        Raises:
            TooManyChecks: The line is too long.
        """
        return await self._run(partial(hash_password, password))

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= _LONGEST_QUEUE:
            raise TooManyChecks
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


PASSWORD_CHECKS: Final = PasswordChecks()


def hash_password(password: str) -> str:
    """Return what is kept of a password. Takes a core for a while: not for the event loop."""
    return _hasher.hash(password)


def _is_right(password_hash: str | None, password: str) -> bool:
    spare = _nobodys_hash()  # made in the first check of all, whoever it is for
    try:
        _hasher.verify(password_hash or spare, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and len(password) <= LONGEST_PASSWORD


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(new_secret())
