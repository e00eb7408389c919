"""A built web app: its files by name, its page for every address that is no file's."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send
from msgspec import Struct

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))  # as the build writes them; the first that the browser takes
_HASHED = "assets/"  # names there hold a hash of the content
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; worker-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No inline script and nothing from elsewhere. Inline styles are the component library's."""

_HEADERS = {"content-security-policy": _POLICY, "referrer-policy": "same-origin"}
_PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{text}</p>"
_NO_SUCH_FILE = _PAGE.format(title="Not found", text="There is no such file. Was the web app updated? Reload.")
_NOT_BUILT = _PAGE.format(
    title="The web app is not built",
    text="This server runs from a checkout without it. Build it with <code>make setup</code> and start again.",
)


class File(Struct, frozen=True):
    """One file in each encoding that there is. `contents`: by encoding, the plain one under an empty name."""

    media_type: str
    caching: str
    tag: str
    contents: dict[str, bytes]


class StaticApp:
    """Serves one web app under its prefix. Only names found in its folder are ever looked up, so none leads out."""

    def __init__(self, prefix: str, folder: Path) -> None:
        """Read the folder.

        Args:
            prefix: Where the app lives, with a slash at both ends.
            folder: What its build wrote; it may be missing.
        """
        self._prefix = prefix
        self._index = folder / "index.html"
        self._folder = folder
        self._files: dict[str, File] = {}
        self._built_at = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's own form)
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP:
            return
        if scope["method"] != "GET":
            await _reply(send, 405, _PAGE.format(title="Not allowed", text="This is only read."), {"allow": "GET"})
            return
        self._refresh()
        if not self._files:
            await _reply(send, 503, _NOT_BUILT, {"cache-control": _ASK_AGAIN})
            return
        name = scope["path"].removeprefix(self._prefix.rstrip("/")).lstrip("/")
        file = self._files.get(name)
        if file is None and not Path(name).suffix:
            file = self._files["index.html"]  # the app's own addresses
        if file is None:
            await _reply(send, 404, _NO_SUCH_FILE, {"cache-control": _ASK_AGAIN})
            return
        await _send_file(send, file, dict(scope["headers"]))

    def _refresh(self) -> None:
        """Read the files at the first request and after each build, which writes the page last."""
        try:
            built_at = self._index.stat().st_mtime_ns
        except FileNotFoundError:
            built_at = 0
        if built_at != self._built_at:
            self._files = dict(_read_files(self._folder)) if built_at else {}
            self._built_at = built_at


def _read_files(folder: Path) -> Iterable[tuple[str, File]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        media_type = _TYPES.get(path.suffix)
        if media_type is None or name.startswith(".") or not path.is_file():
            continue
        contents = {"": path.read_bytes()}
        for encoding, suffix in _ENCODINGS:
            packed = path.with_name(path.name + suffix)
            if packed.is_file():
                contents[encoding] = packed.read_bytes()
        yield (
            name,
            File(
                media_type=media_type,
                caching=_FOR_EVER if name.startswith(_HASHED) else _ASK_AGAIN,
                tag=f'"{hashlib.sha256(contents[""]).hexdigest()[:32]}"',
                contents=contents,
            ),
        )


async def _send_file(send: Send, file: File, asked: dict[bytes, bytes]) -> None:
    headers = {"cache-control": file.caching, "etag": file.tag}
    if len(file.contents) > 1:
        headers["vary"] = "Accept-Encoding"
    if file.tag.encode() in asked.get(b"if-none-match", b""):
        await _reply(send, 304, b"", headers)
        return
    encoding = _choose_encoding(asked.get(b"accept-encoding", b"").decode("latin-1"), file.contents)
    if encoding:
        headers["content-encoding"] = encoding
    await _reply(send, 200, file.contents[encoding], {**headers, "content-type": file.media_type})


def _choose_encoding(accepted: str, contents: dict[str, bytes]) -> str:
    taken = set()
    for choice in accepted.lower().split(","):
        name, _, weight = choice.partition(";")
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            taken.add(name.strip())
    return next((name for name, _ in _ENCODINGS if name in contents and name in taken), "")


async def _reply(send: Send, status: int, body: str | bytes, headers: dict[str, str]) -> None:
    content = body.encode() if isinstance(body, str) else body
    complete = {"content-type": _TYPES[".html"], **_HEADERS, **headers}
    if status != 304:  # noqa: PLR2004 (not modified: it has no body, and so no length)
        complete["content-length"] = str(len(content))
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in complete.items()],
        }
    )
    await send({"type": "http.response.body", "body": content, "more_body": False})
