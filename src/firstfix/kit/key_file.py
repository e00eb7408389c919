"""The key ring of a running process, which follows its file: rotating a key restarts nothing."""

from pathlib import Path

from firstfix.kit.sealing import KeyRing, SealingError, load_key_ring


class KeyFile:
    """The ring as its file has it now. A file that is gone or broken changes nothing: what was read last goes on."""

    def __init__(self, file: Path) -> None:
        """Read the file, or make it.

        Raises:
            SealingError: The file is not a key file.
        """
        self._file = file
        self._ring = load_key_ring(file)
        self._seen = self._mark()

    @property
    def ring(self) -> KeyRing:
        """The ring now. It looks at the file's entry in its folder each time, which costs about a microsecond."""
        seen = self._mark()
        if seen != self._seen and seen is not None:
            try:
                self._ring = load_key_ring(self._file)
            except (OSError, SealingError):
                return self._ring
            self._seen = seen
        return self._ring

    def _mark(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
