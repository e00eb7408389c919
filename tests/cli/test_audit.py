"""`firstfix audit`: an audit log as a file that can be verified by itself."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from firstfix.adapters.bootstrap import DatabaseUrls
from firstfix.adapters.database import Database
from firstfix.kit.key_file import KeyFile
from firstfix.worker.auditing import audit_next
from firstfix.worker.steps import HeldBack
from tests.cli.conftest import Firstfix
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation


@pytest.fixture
async def organisation(owner: Engine, urls: DatabaseUrls, tmp_path: Path) -> TestOrganisation:
    """An organisation with three entries in its audit log."""
    organisation = make_committed_organisation(owner, OrganisationOptions())
    organisation.execute(
        "INSERT INTO events (source, entity, entity_id, entity_uuid, label, action)"
        " SELECT 'cli', 'job', n, uuidv7(), 'Jörg''s \"J' || n || '\"', 'created' FROM generate_series(1, 3) AS n"
    )
    database = Database(urls.app, keys=KeyFile(tmp_path / "other.json"))
    while await audit_next(database, HeldBack()):
        pass
    await database.close()
    return organisation


@pytest.mark.usefixtures("organisation")
async def test_an_export_is_whole_and_is_not_written_over(firstfix: Firstfix, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"

    exported, verified, again = (firstfix("audit", how, str(file)) for how in ("export", "verify", "export"))

    assert (exported.code, exported.out) == (0, f"3 entries in {file}.\n")
    assert verified.out.startswith("Whole: 3 entries of organisation ")
    assert (again.code, again.err) == (1, f"firstfix: {file} cannot be written: File exists\n")
    first = msgspec.json.decode(msgspec.json.decode(file.read_bytes().splitlines()[0])["content"])
    assert 'Jörg\'s "J1"' in first


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda lines: [lines[0].replace("J1", "J9"), *lines[1:]], "Entry 1 does not follow from the one before it."),
        (lambda lines: lines[1:], "Entry 1 does not follow from the one before it."),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], "Entry 2 does not follow from the one before it."),
        (lambda lines: [*lines[:2], lines[3]], "The log ends at entry 2, not at 3 as its signed end says."),
        (lambda lines: lines[:3], "The log has no signed end."),
        (lambda lines: [*lines, lines[0]], "Something follows the signed end."),
        (lambda lines: [*lines[:3], lines[3].replace('_at":"20', '_at":"19')], "is not signed with this key ring."),
        (lambda lines: [*lines[:3], lines[3].replace('"signature":"', '"signature":"x')], "signature cannot be read."),
        (lambda lines: ["not JSON", *lines], "Line 1 cannot be read."),
    ],
    ids=("changed", "beheaded", "swapped", "shortened", "cut", "longer", "dated back", "mangled", "unreadable"),
)
@pytest.mark.usefixtures("organisation")
async def test_whatever_is_changed_in_an_export_is_found(
    firstfix: Firstfix,
    tmp_path: Path,
    damage: Callable[[list[str]], list[str]],
    told: str,
) -> None:
    file = tmp_path / "log.jsonl"
    firstfix("audit", "export", str(file))
    file.write_text("".join(f"{line}\n" for line in damage(file.read_text().splitlines())))

    verified = firstfix("audit", "verify", str(file))

    assert verified.code == 1
    assert told in verified.err


@pytest.mark.usefixtures("organisation")
async def test_another_key_ring_has_not_signed_it(firstfix: Firstfix, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    firstfix("audit", "export", str(file))
    (tmp_path / "keys.json").unlink()

    verified = firstfix("audit", "verify", str(file))

    assert (verified.code, "not signed with this key ring" in verified.err) == (1, True)


async def test_a_log_that_is_broken_is_not_signed(
    firstfix: Firstfix, tmp_path: Path, organisation: TestOrganisation
) -> None:
    organisation.execute("UPDATE audit_log SET label = 'J9' WHERE number = 2")
    file = tmp_path / "log.jsonl"

    exported = firstfix("audit", "export", str(file))

    assert (exported.code, "Entry 2 does not follow" in exported.err) == (1, True)
    assert b"signature" not in file.read_bytes()
