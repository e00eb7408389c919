"""The server's side: one child for one file, few of them at a time, and what to make of one that dies."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from signal import SIGKILL
from typing import Final

import msgspec
import structlog

from firstfix.adapters.screening.confined import READY, Verdict
from firstfix.domain.files.errors import ContentRefused
from firstfix.domain.files.formats import JPEG, PNG, Facts
from firstfix.domain.files.ports import BeginDraft, Draft, Inspected, InspectionUnavailable

log = structlog.get_logger("firstfix.screening")

CHILDREN_AT_ONCE: Final = 2
WAITING_AT_MOST: Final = 32
"""More than these would wait longer than their callers do."""

_SECONDS = 60
_CHUNK_BYTES = 1 << 18
_ANEW_LIMIT_BYTES = 64 << 20
_WRITTEN_AT_MOST = 2  # the content, and a picture's thumbnail
_MODULES = {JPEG: "pictures", PNG: "pictures"}
_SOURCE = str(Path(__file__).parents[3])


class ChildInspector:
    """Looks into files with child processes, as `Inspector` has it. One for each process of the server."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._children = asyncio.Semaphore(CHILDREN_AT_ONCE)
        self._seconds = seconds
        self._count = 0

    async def inspect(self, draft: Draft, media_type: str, begin: BeginDraft) -> Inspected:
        """Look into a finished draft."""
        if self._count >= CHILDREN_AT_ONCE + WAITING_AT_MOST:
            raise InspectionUnavailable("Too many files wait to be looked into.")
        self._count += 1
        try:
            async with self._children:
                return await self._inspect(draft, media_type, begin)
        finally:
            self._count -= 1

    async def _inspect(self, draft: Draft, media_type: str, begin: BeginDraft) -> Inspected:
        try:
            async with asyncio.timeout(self._seconds), _child(media_type) as child:
                return await _look(child, draft, media_type, begin)
        except TimeoutError as error:  # the child's own limit is of processor time: the machine is too busy
            raise InspectionUnavailable("Looking into a file took too long.") from error


@asynccontextmanager
async def _child(media_type: str) -> AsyncIterator[Process]:
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            f"firstfix.adapters.screening.{_MODULES.get(media_type, 'papers')}",
            media_type,
            stdin=PIPE,
            stdout=PIPE,
            stderr=None if __debug__ else DEVNULL,
            cwd="/",
            env={"PYTHONPATH": _SOURCE},
        )
    except OSError as error:
        raise InspectionUnavailable(f"No child process can be started: {error}") from error
    try:
        yield child
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
        await child.communicate()  # closes the pipes and waits


async def _look(child: Process, draft: Draft, media_type: str, begin: BeginDraft) -> Inspected:
    if child.stdout is None:
        raise TypeError("A child has its output piped.")
    feeding = asyncio.create_task(_feed(child, draft))
    try:
        if await child.stdout.read(1) != READY:
            raise InspectionUnavailable(f"A child process ended before it began, with {await child.wait()}.")
        line = await child.stdout.readline()
        if not line.endswith(b"\n"):
            raise _refusal_of(await child.wait(), media_type)
        verdict = msgspec.json.decode(line, type=Verdict)
        if verdict.refused is not None or verdict.facts is None:
            raise ContentRefused(verdict.refused or "unreadable")
        return await _take(child, verdict.facts, verdict.lengths, media_type, begin)
    finally:
        feeding.cancel()
        with suppress(asyncio.CancelledError):
            await feeding


async def _feed(child: Process, draft: Draft) -> None:
    """Give the child the content. One that has seen enough, or is dead, is not waited for.

    One that waits for what cannot be read ends: half a file must not be judged, nor keep its place from others.
    """
    if child.stdin is None:
        raise TypeError("A child has its input piped.")
    has_ended = False
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            content = await draft.open()
            try:
                async for chunk in content:
                    child.stdin.write(chunk)
                    await child.stdin.drain()
            finally:
                await content.close()
            child.stdin.close()
            await child.stdin.wait_closed()
        has_ended = True
    finally:
        if not has_ended:
            with suppress(ProcessLookupError):
                child.kill()


async def _take(child: Process, facts: Facts, lengths: list[int], media_type: str, begin: BeginDraft) -> Inspected:
    """Take what was written anew into drafts of its own."""
    if sum(lengths) > _ANEW_LIMIT_BYTES or len(lengths) > _WRITTEN_AT_MOST or child.stdout is None:
        raise ContentRefused("unreadable")
    drafts: list[Draft] = []
    try:
        for length in lengths:
            drafts.append(await begin())
            await _fill(drafts[-1], child, length, media_type)
    except BaseException:
        for draft in drafts:
            await draft.drop()
        raise
    written, thumbnail = (*drafts, None, None)[:2]
    return Inspected(facts=facts, written=written, thumbnail=thumbnail)


async def _fill(draft: Draft, child: Process, length: int, media_type: str) -> None:
    while length and child.stdout is not None:
        chunk = await child.stdout.read(min(length, _CHUNK_BYTES))
        if not chunk:
            raise _refusal_of(await child.wait(), media_type)
        await draft.write(chunk)
        length -= len(chunk)
    await draft.finish()


def _refusal_of(status: int, media_type: str) -> Exception:
    """Tell what made a child die: what it was given, or the machine."""
    log.warning("child_died", status=status, media_type=media_type)
    if status == -SIGKILL:
        return InspectionUnavailable("A child process was killed.")
    return ContentRefused("unreadable")
