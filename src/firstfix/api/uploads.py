"""Uploads: multipart bodies, streamed to the store as they come.

No more than a few kilobytes of a file are in memory at once, and no transaction is open while one comes. What is
written meanwhile are drafts; they are put into the store before the transaction that tells of them, so that a process
killed at any moment leaves content without a row, which the sweep takes, and never a row without content.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from urllib.parse import unquote

import msgspec
from litestar.types import Receive
from msgspec import Struct
from multipart import (  # type: ignore[import-untyped] # one module, which cannot say that it is typed
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from firstfix.api.problems import HttpRefusal, MalformedBody, PayloadTooLarge
from firstfix.domain.files.errors import QuotaExceeded
from firstfix.domain.files.gate import Accepted, Gate, Screened, drop, require_type
from firstfix.domain.files.ports import Draft, Storage, StorageUnavailable, StoredContent
from firstfix.domain.files.views import GivenFile

FILE_LIMIT_BYTES = 20 << 20
FILES_LIMIT = 20
REQUEST_LIMIT_BYTES = 100 << 20
TEXT_LIMIT_BYTES = 64 << 10
TEXTS_LIMIT_BYTES = 1 << 20

_PARTS_LIMIT = 200
_HEADERS_LIMIT = 8
_HEADER_LIMIT_BYTES = 4096
_BOUNDARY_LIMIT = 200  # the RFC has 70
_EXTENDED_NAME = re.compile(r";\s*filename\*\s*=\s*utf-8'[^']*'(?P<name>[^\s;]+)", re.IGNORECASE)


class _Part(Struct, kw_only=True):
    """A file that is coming in, or has come."""

    part_name: str
    given_name: str
    draft: Draft
    size_bytes: int = 0
    screened: Screened | None = None


class Upload:
    """A multipart body: first on its way, then as its fields and files.

    Attributes:
        fields: The text fields, in the order sent; a name may come twice.
        is_received: Whether the body has come.
        is_recorded: Whether a handler has written rows that tell of the files. From then on only the sweep may remove
            their content: whoever loses the connection while it commits does not know whether it has.
    """

    def __init__(self, receive: Receive, headers: Mapping[str, str]) -> None:
        """Prepare; nothing is read yet.

        Args:
            receive: Where the body comes from.
            headers: The request's, by lower-case name.
        """
        self.fields: list[tuple[str, str]] = []
        self.is_received = False
        self.is_recorded = False
        self._receive = receive
        self._headers = headers
        self._received_bytes = 0
        self._is_complete = False
        self._files: list[_Part] = []
        self._kept: list[StoredContent] = []
        self._organisation_id = 0

    @property
    def has_files(self) -> bool:
        """Whether files came with the fields."""
        return bool(self._files)

    async def receive(self, storage: Storage, *, organisation_id: int, full: QuotaExceeded | None = None) -> None:
        """Read the body, its files into drafts of the store.

        Args:
            storage: The store.
            organisation_id: Whose files they are.
            full: That there is no room for any, which the first one is answered with.

        Raises:
            QuotaExceeded: As said.
            MalformedBody: It is not a multipart form, or ends too early.
            PayloadTooLarge: A file, a field, or all of it is too large, or there are too many.
            StorageUnavailable: A draft cannot be written.
        """
        announced = self._headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > REQUEST_LIMIT_BYTES:
            raise PayloadTooLarge("The request is larger than 100 MiB.")
        reader = _Reader(self._parser(), partial(storage.draft, organisation_id), self._files, self.fields, full)
        try:
            while chunk := await self._next_chunk():
                if self._received_bytes > REQUEST_LIMIT_BYTES:
                    raise PayloadTooLarge("The request is larger than 100 MiB.")
                await reader.feed(chunk)
            reader.finish()
        except ParserLimitReached as error:
            raise PayloadTooLarge("The form has too many parts, or the header of one is too large.") from error
        except MultipartError as error:
            raise MalformedBody("The form cannot be read.") from error
        self._organisation_id = organisation_id
        self.is_received = True

    def require_types(self, accepted: Accepted) -> None:
        """Refuse files by their names and beginnings alone.

        Raises:
            TypeNotTaken: One is not of a type that is taken.
        """
        for file in self._files:
            require_type(file.given_name, file.draft.head, accepted)

    async def screen(self, gate: Gate, accepted: Accepted) -> None:
        """Look into the files, all of them before any is kept.

        Raises:
            TypeNotTaken: One is not of a type that is taken.
            ContentRefused: One is not what it says, or more.
            InspectionUnavailable: One cannot be looked into now.
        """
        self.require_types(accepted)
        for file in self._files:
            file.screened = await gate.screen(
                file.draft, file.given_name, accepted, organisation_id=self._organisation_id
            )

    async def keep(self, gate: Gate) -> list[GivenFile]:
        """Put the files into the store, those that were looked into as the gate gives them, in the order sent.

        Raises:
            StorageUnavailable: The store does not take one.
        """
        given = []
        for file in self._files:
            if file.screened is None:
                content = await gate.storage.keep(file.draft)
                taken = GivenFile(part_name=file.part_name, given_name=file.given_name, content=content)
            else:
                taken = await gate.keep(file.screened, part_name=file.part_name)
            self._kept += taken.contents
            given.append(taken)
        return given

    async def close(self, storage: Storage) -> None:
        """Drop what is not needed any more, and read what still comes: who still sends does not hear a refusal."""
        with suppress(StorageUnavailable):  # the sweep takes what stays
            for file in self._files:
                await file.draft.drop()
                if file.screened is not None:
                    await drop(file.screened)
            if not self.is_recorded:
                for content in self._kept:
                    await storage.remove(content.storage_key)
        if not self._received_bytes and self._headers.get("expect", "").lower() == "100-continue":
            return  # the caller waits for leave to send, and reading would give it
        with suppress(HttpRefusal):  # too slow, or gone
            while self._received_bytes <= REQUEST_LIMIT_BYTES and await self._next_chunk():
                pass

    def fingerprint(self) -> bytes:
        """Write the files that came so that two uploads are the same if their files are."""
        return msgspec.json.encode([(file.part_name, file.given_name, file.draft.sha256.hex()) for file in self._files])

    def _parser(self) -> PushMultipartParser:
        _, options = parse_options_header(self._headers.get("content-type", ""))
        boundary = options.get("boundary", "").encode("latin-1", errors="replace")
        if not 1 <= len(boundary) <= _BOUNDARY_LIMIT or b"\n" in boundary:
            raise MalformedBody("The form has no boundary that can be used.")
        return PushMultipartParser(
            boundary,
            max_header_size=_HEADER_LIMIT_BYTES,
            max_header_count=_HEADERS_LIMIT,
            max_segment_count=_PARTS_LIMIT,
            header_charset="latin-1",  # takes any byte; names are read again as what they are
        )

    async def _next_chunk(self) -> bytes:
        """Wait for more of the body; nothing at its end."""
        while not self._is_complete:
            message = await self._receive()
            if message["type"] != "http.request":
                self._is_complete = True
                break
            self._is_complete = not message["more_body"]
            self._received_bytes += len(message["body"])
            if message["body"]:
                return message["body"]
        return b""


class _Reader:
    """Sorts the parts of a body into fields and drafts."""

    def __init__(
        self,
        parser: PushMultipartParser,
        begin: Callable[[], Awaitable[Draft]],
        files: list[_Part],
        fields: list[tuple[str, str]],
        full: QuotaExceeded | None,
    ) -> None:
        self._parser = parser
        self._begin = begin
        self._files = files
        self._fields = fields
        self._full = full
        self._file: _Part | None = None
        self._field_name = ""
        self._text = bytearray()
        self._texts_bytes = 0

    async def feed(self, chunk: bytes) -> None:
        """Read on."""
        events: Iterable[MultipartSegment | bytes | None] = self._parser.parse(chunk)
        for event in events:
            if event is None:
                await self._end_part()
            elif isinstance(event, bytes):
                await self._continue_part(event)
            else:
                await self._begin_part(event)

    def finish(self) -> None:
        """See that the form was whole."""
        self._parser.close()

    async def _begin_part(self, part: MultipartSegment) -> None:
        name = _read_text(part.name)
        given_name = _name_of_file(part)
        if given_name is None:
            self._field_name, self._text = name, bytearray()
            return
        if given_name and self._full is not None:  # without a name it may be a file field that was left empty
            raise self._full
        if len(self._files) == FILES_LIMIT:
            raise PayloadTooLarge(f"A request takes {FILES_LIMIT} files at most.")
        self._file = _Part(part_name=name, given_name=given_name, draft=await self._begin())
        self._files.append(self._file)

    async def _continue_part(self, chunk: bytes) -> None:
        if self._file is not None:
            self._file.size_bytes += len(chunk)
            if self._file.size_bytes > FILE_LIMIT_BYTES:
                raise PayloadTooLarge("A file is larger than 20 MiB.")
            await self._file.draft.write(chunk)
            return
        self._text += chunk
        self._texts_bytes += len(chunk)
        if len(self._text) > TEXT_LIMIT_BYTES or self._texts_bytes > TEXTS_LIMIT_BYTES:
            raise PayloadTooLarge("A text field is larger than 64 KiB, or all of them are larger than 1 MiB.")

    async def _end_part(self) -> None:
        if self._file is None:
            try:
                self._fields.append((self._field_name, self._text.decode()))
            except UnicodeDecodeError as error:
                raise MalformedBody("A text field is not UTF-8.") from error
            return
        file, self._file = self._file, None
        if not file.given_name and not file.size_bytes:  # a browser's file field that was left empty
            self._files.remove(file)
            await file.draft.drop()
        else:
            await file.draft.finish()


def _name_of_file(part: MultipartSegment) -> str | None:
    """Read what a part's file is called; `None` where the part is a text field.

    Programs of long ago wrote names beyond ASCII in the form of RFC 2231 alone.
    """
    extended = _EXTENDED_NAME.search(part.header("Content-Disposition", ""))
    if extended is not None:
        return unquote(extended["name"], errors="replace")
    return None if part.filename is None else _read_text(part.filename)


def _read_text(header: str) -> str:
    """Read a header's text as what it most likely is: UTF-8, else Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header
