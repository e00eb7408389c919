"""Downloads: a file, or one range of it, sent from an open descriptor with headers that keep browsers careful."""

import re
from typing import Final
from urllib.parse import quote

import structlog
from litestar.types import Receive, Scope, Send

from firstfix.api.exchange import Answer, Exchange
from firstfix.domain.files.ports import Content, ContentDamaged, Storage, StorageUnavailable
from firstfix.domain.files.views import FileContent

log = structlog.get_logger("firstfix.api")

_HEADERS: Final = {
    "Accept-Ranges": "bytes",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_RANGE = re.compile(r"bytes\s*=\s*(?P<first>[0-9]{0,18})\s*-\s*(?P<last>[0-9]{0,18})\s*", re.ASCII | re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^ !#$&-\[\]-~]")  # all but printable ASCII without quote, per cent and backslash
_EXTENDED_SAFE = "!#$&+-.^_`|~"  # what RFC 8187 leaves as it is


CONTENT_SQL: Final = """json_build_object('organisation_id', files.organisation_id, 'storage_key', files.storage_key,
    'file_name', files.file_name, 'mime_type', files.mime_type, 'size_bytes', files.size_bytes,
    'sha256', encode(files.sha256, 'base64'), 'may_inline', files.may_inline)"""
"""What is needed to send one of `files`, as JSON of `FileContent`."""


class FileAnswer(Answer, kw_only=True):
    """A file on its way out, or a part of it: the bytes at the positions of `sent`.

    The edge opens it after the operation's transaction has ended.
    """

    file: FileContent
    sent: range
    content: Content | None = None

    async def open(self, storage: Storage) -> None:
        """Open the content.

        Raises:
            ContentMissing: The store does not have it.
            ContentDamaged: The store has something else.
            StorageUnavailable: The store cannot be asked.
        """
        file = self.file
        self.content = await storage.open(
            file.storage_key,
            organisation_id=file.organisation_id,
            size_bytes=file.size_bytes,
            start=self.sent.start,
            stop=self.sent.stop,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's own form)
        """Send it."""
        if self.content is None:
            raise TypeError("A file is opened before it is sent.")
        try:
            headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            async for chunk in self.content:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (ContentDamaged, StorageUnavailable) as error:
            # Too late for an answer: the connection breaks.
            log.error("content", reason=str(error))  # noqa: TRY400 (the reason says all)
            raise
        finally:
            await self.content.close()


def answer_with_file(exchange: Exchange, file: FileContent) -> Answer:
    """Answer a GET with a file: 200, 206 for one range, 304 where the caller has it, 416 for a range beyond it.

    Several ranges at once are answered with the whole file, as RFC 9110 allows.
    """
    tag = f'"{file.sha256.hex()}"'
    headers = {**_HEADERS, "ETag": tag}
    if _names(exchange.headers.get("if-none-match", ""), tag):
        return Answer(status=304, headers=headers)
    is_same = exchange.headers.get("if-range", tag) == tag
    part = _read_range(exchange.headers.get("range", ""), file.size_bytes) if is_same else None
    if part is not None and not part:
        return Answer(status=416, headers=headers | {"Content-Range": f"bytes */{file.size_bytes}"})
    sent = range(file.size_bytes) if part is None else part
    headers |= {
        "Content-Type": file.mime_type,
        "Content-Length": str(len(sent)),
        "Content-Disposition": content_disposition("inline" if file.may_inline else "attachment", file.file_name),
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.size_bytes}"
    return FileAnswer(status=200 if part is None else 206, headers=headers, file=file, sent=sent)


def content_disposition(kind: str, file_name: str) -> str:
    """Write the header that names a file. Source: RFC 6266, appendix D: a plain name first, the true one after it."""
    plain = _NOT_PLAIN.sub("_", file_name)
    if plain == file_name:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe=_EXTENDED_SAFE)}"


def _names(header: str, tag: str) -> bool:
    """Tell whether `If-None-Match` names a tag; ones said to be weak count as well."""
    return header.strip() == "*" or tag in (given.strip().removeprefix("W/") for given in header.split(","))


def _read_range(header: str, size_bytes: int) -> range | None:
    """Read `Range` as the positions of the bytes wanted.

    Returns:
        An empty range for one that holds no byte of the file; `None` for no range, several, or what is none.
    """
    match = _RANGE.fullmatch(header)
    if match is None:
        return None
    first, last = match["first"], match["last"]
    if first:
        if last and int(last) < int(first):
            return None
        return range(int(first), min(int(last) + 1, size_bytes) if last else size_bytes)
    return range(max(0, size_bytes - int(last)), size_bytes) if last else None
