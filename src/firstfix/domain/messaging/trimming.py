"""What somebody has newly written in a reply: without what they quote, and without their signature."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import quotequail  # type: ignore[import-untyped] # typed, and does not say so

LONGEST_TEXT: Final = 20_000
_LINES_LIMIT = 400
_LINE_LIMIT = 2_000
_PASSED_ON = re.compile(r"forwarded message|weitergeleitete nachricht|message transf|mensaje reenviado", re.IGNORECASE)
_RULE = re.compile(r"--\s*|_{10,}")
_PROGRAM = re.compile(
    r"(?:sent from|get outlook for|sent with|von meinem .{1,30} gesendet|gesendet von|envoy[ée] d[eu]"
    r"|enviado desde|inviato da|verzonden (?:met|vanaf)|wys[łl]ane z) .{1,80}|(?:get|download) outlook .{1,60}",
    re.IGNORECASE,
)
_LINES_AFTER_PROGRAM = 3
"""What a program says of itself stands at the end. With more below it, it is somebody's own sentence."""


def new_text(text: str) -> str:
    """Give what was newly written.

    Of a letter that is passed on all is kept: who sent it meant what is in it.
    """
    lines = [
        part for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") for part in _parts(line.rstrip())
    ]
    whole = "\n".join(lines[:_LINES_LIMIT])
    found = quotequail.unwrap(whole)
    if found is None:
        return _shortened(_without_signature(_without_quotes(whole)), is_cut=len(lines) > _LINES_LIMIT)
    if found["type"] == "forward" and (_PASSED_ON.search(whole) or not found.get("text_top")):
        return _shortened(whole.strip(), is_cut=len(lines) > _LINES_LIMIT)
    written = "\n".join(filter(None, (found.get("text_top"), found.get("text_bottom"))))
    return _shortened(_without_signature(_without_quotes(written)))


def _without_quotes(text: str) -> str:
    """Leave out what is marked as quoted, also where no line says whom it quotes."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(">"))


def _parts(line: str) -> Iterator[str]:
    """Break a line that is too long to be looked at, between words where there are any."""
    start = 0
    while len(line) - start > _LINE_LIMIT:
        space = line.rfind(" ", start + 1, start + _LINE_LIMIT)
        end = start + _LINE_LIMIT if space < 0 else space + 1
        yield line[start:end].rstrip()
        start = end
    yield line[start:]


def _shortened(text: str, *, is_cut: bool = False) -> str:
    return f"{text[:LONGEST_TEXT]}\n[…]" if is_cut or len(text) > LONGEST_TEXT else text


def _is_near_end(lines: Sequence[str], number: int) -> bool:
    return sum(1 for line in lines[number + 1 :] if line.strip()) <= _LINES_AFTER_PROGRAM


def _without_signature(text: str) -> str:
    lines = text.strip().split("\n")
    for number, line in enumerate(lines):
        if number and (_RULE.fullmatch(line) or (_PROGRAM.fullmatch(line) and _is_near_end(lines, number))):
            lines = lines[:number]
            break
    return "\n".join(lines).strip()
