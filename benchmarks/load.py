"""A load generator for one HTTP/1.1 server on this machine: one thread, epoll, raw sockets, no dependency.

Requests are bytes that stand ready before they are needed; of a reply only the status and the end are looked at. A
connection sends its next request when its reply is whole.

Why our own: it must take little of the two cores that the server needs too. Against nginx and static files on such a
machine it reached 45,000–55,000 requests/s for 1.5 kB and 30,000–37,000 for 60 kB at 18–23 µs of CPU time each, where
wrk, which is written in C, reached 58,000–66,000 and 43,000–51,000 at 14–18 µs. That is ten times what the servers
here do, and wrk is a Debian package, wants Lua to vary its requests, and reports no replies one by one.
"""

import gc
import re
import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing

from msgspec import Struct

CONNECTIONS = 16
LONGEST_REPLY_BYTES = 2 * 1024 * 1024
SILENCE_SECONDS = 10.0

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_STATUS_CLASS_AT = len("HTTP/1.1 ")
_SUCCESS = ord("2")
_NANOSECONDS = 1_000_000_000


class Measurement(Struct, frozen=True):
    """What one party did under load.

    Attributes:
        rate: Replies (or transactions) a second.
        p50: Half of them came within so many milliseconds.
        p99: 99 of 100 came within so many milliseconds.
        errors: Replies outside 2xx, which are in no other number.
    """

    rate: float
    p50: float
    p99: float
    errors: int = 0


class ServerFailedError(Exception):
    """The server closed a connection, or was silent for ten seconds."""


def request(target: str, headers: Mapping[str, str], body: bytes | None = None) -> bytes:
    """Build a whole request: GET, or POST of JSON where there is a body."""
    lines = ["Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    method = "GET" if body is None else "POST"
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + (body or b"")


def measure(port: int, requests: Iterator[bytes], *, seconds: float, warm_up: float = 1.0) -> Measurement:
    """Load a server on 127.0.0.1 with 16 connections and time every reply.

    Args:
        port: Where the server listens.
        requests: Without end; each is sent once, on whichever connection is free.
        seconds: How long replies count.
        warm_up: Seconds of load before that.

    Raises:
        ServerFailedError: See there.
    """
    latencies: list[int] = []
    errors = 0
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        connections: dict[int, _Connection] = {}
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(closing(_Connection(port)))
            connections[connection.fileno()] = connection
            poll.register(connection.fileno(), select.EPOLLIN)
            connection.send(next(requests))
        # A collection in between would be charged to the server.
        stack.callback(gc.enable)
        gc.collect()
        gc.disable()
        begin = time.perf_counter_ns() + round(warm_up * _NANOSECONDS)
        end = begin + round(seconds * _NANOSECONDS)
        now = 0
        while now < end:
            ready = poll.poll(SILENCE_SECONDS)
            if not ready:
                raise ServerFailedError(f"The server said nothing for {SILENCE_SECONDS:.0f} seconds.")
            for number, _ in ready:
                connection = connections[number]
                if not connection.has_whole_reply():
                    continue
                now = time.perf_counter_ns()
                if begin <= now < end:
                    if connection.succeeded():
                        latencies.append(now - connection.sent_at)
                    else:
                        errors += 1
                connection.send(next(requests))
    return summarise(latencies, seconds=seconds, errors=errors)


def summarise(latencies: list[int], *, seconds: float, errors: int = 0) -> Measurement:
    """Make a rate and percentiles of latencies in nanoseconds; all are 0 where there are none."""
    if not latencies:
        return Measurement(rate=0, p50=0, p99=0, errors=errors)
    ordered = sorted(latencies)
    p50, p99 = (ordered[len(ordered) * percent // 100] / 1e6 for percent in (50, 99))
    return Measurement(rate=len(ordered) / seconds, p50=p50, p99=p99, errors=errors)


class _Connection:
    """One keep-alive connection with one request on its way."""

    def __init__(self, port: int) -> None:
        self.sent_at = 0
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SILENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reply = bytearray(LONGEST_REPLY_BYTES)
        self._room = memoryview(self._reply)
        self._filled = 0
        self._size = 0

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, content: bytes) -> None:
        self._filled = self._size = 0
        self.sent_at = time.perf_counter_ns()
        self._socket.sendall(content)

    def has_whole_reply(self) -> bool:
        """Take in what has arrived, and tell whether it is all."""
        count = self._socket.recv_into(self._room[self._filled :])
        if not count:
            raise ServerFailedError("The server closed a connection.")
        self._filled += count
        if not self._size:
            self._size = self._find_size()
            if not self._size:
                return False
        if self._size > 0:
            return self._filled >= self._size
        # In JSON a line break never stands bare, so these bytes at the end can only be the last chunk.
        return self._reply.endswith(_LAST_CHUNK, 0, self._filled)

    def succeeded(self) -> bool:
        return self._reply[_STATUS_CLASS_AT] == _SUCCESS

    def _find_size(self) -> int:
        """Tell the reply's size in bytes: 0 while its head is not whole, -1 when it comes in chunks."""
        head = self._reply.find(b"\r\n\r\n", 0, self._filled)
        if head < 0:
            return 0
        if length := _CONTENT_LENGTH.search(self._reply, 0, head):
            return head + 4 + int(length[1])
        return -1 if _CHUNKED.search(self._reply, 0, head) else head + 4
