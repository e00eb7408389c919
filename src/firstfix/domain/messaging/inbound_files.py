"""Files that came with a letter: through the gate, and into the store."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from msgspec import Struct, field

from firstfix.domain.errors import Refusal
from firstfix.domain.files.gate import Gate, Screened, drop
from firstfix.domain.files.ports import StorageUnavailable
from firstfix.domain.files.rules import display_name
from firstfix.domain.files.views import GivenFile
from firstfix.domain.messaging.inbound_letters import Letter, LetterFile

FILE_LIMIT_BYTES: Final = 20 << 20
_LEFT_OUT = "[Left out, for it is of no kind that is kept, or too large: {names}]"


class TakenFiles(Struct):
    """Files of a letter: those that are in the store, and the names of those that are not kept."""

    kept: list[GivenFile] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def remove(self, gate: Gate) -> None:
        """Remove what no row will tell of; what stays is the sweep's."""
        with suppress(StorageUnavailable):
            for file in self.kept:
                for content in file.contents:
                    await gate.storage.remove(content.storage_key)


async def take_files(gate: Gate, letter: Letter, *, organisation_id: int) -> TakenFiles:
    """Put a letter's files into the store, those that pass the gate.

    Raises:
        StorageUnavailable: The store does not take one.
        InspectionUnavailable: One cannot be looked into now.
    """
    taken = TakenFiles(refused=[display_name(name) for name in letter.left_out])
    for file in letter.files:
        given = await _take(gate, file, organisation_id) if len(file.content) <= FILE_LIMIT_BYTES else None
        if given is None:
            taken.refused.append(display_name(file.given_name))
        else:
            taken.kept.append(given)
    return taken


def text_with(letter: Letter, refused: Sequence[str]) -> str:
    """Give the text of a note: what was written, and which files are missing, so that nobody looks for them."""
    if not refused:
        return letter.text
    return f"{letter.text}\n\n{_LEFT_OUT.format(names=', '.join(refused))}".strip()


async def _take(gate: Gate, file: LetterFile, organisation_id: int) -> GivenFile | None:
    draft = await gate.storage.draft(organisation_id)
    screened: Screened | None = None
    try:
        await draft.write(file.content)
        await draft.finish()
        screened = await gate.screen(draft, file.given_name, "mail", organisation_id=organisation_id)
        return await gate.keep(screened)
    except Refusal:
        return None
    finally:
        with suppress(StorageUnavailable):
            await draft.drop()
            if screened is not None:
                await drop(screened)
