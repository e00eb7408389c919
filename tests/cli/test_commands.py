"""Every command has a help text and an exit code."""

import json

import pytest

from firstfix import __version__
from tests.cli.conftest import Firstfix

COMMANDS = (
    "serve",
    "worker",
    "migrate",
    "demo",
    "openapi",
    "user",
    "token",
    "keys",
    "quarantine",
    "check",
    "doctor",
    "version",
)


def test_the_help_names_every_command(firstfix: Firstfix) -> None:
    shown = firstfix("--help").out

    assert [name for name in COMMANDS if f" {name} " not in shown] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_own_help(firstfix: Firstfix, name: str) -> None:
    shown = firstfix(name, "--help")

    assert shown.code == 0
    assert f"Usage: firstfix {name}" in shown.out


def test_the_version_is_told(firstfix: Firstfix) -> None:
    assert firstfix("version").out == f"{__version__}\n"
    assert firstfix("--version").out == f"{__version__}\n"


def test_an_option_that_is_none_ends_with_a_code(firstfix: Firstfix) -> None:
    with pytest.raises(SystemExit) as ended:
        firstfix("serve", "--prot", "80")

    assert ended.value.code == 2


def test_a_bad_setting_is_one_sentence(firstfix: Firstfix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTFIX_COLOUR", "blue")
    refused = firstfix("migrate")

    assert (refused.code, refused.err) == (1, "firstfix: FIRSTFIX_COLOUR is not a setting of Firstfix.\n")


def test_migrating_what_is_up_to_date_says_so(firstfix: Firstfix) -> None:
    done = firstfix("migrate")

    assert done.code == 0
    assert done.out.startswith("The database is up to date (revision ")


def test_the_owner_is_asked_for_by_name(firstfix: Firstfix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRSTFIX_OWNER_DATABASE_URL")

    assert "Set FIRSTFIX_OWNER_DATABASE_URL" in firstfix("migrate").err


def test_the_openapi_document_needs_no_database(firstfix: Firstfix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTFIX_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    assert json.loads(firstfix("openapi").out)["openapi"].startswith("3.1")


def test_the_doctor_tells_where_mail_goes_out_and_no_password(
    firstfix: Firstfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = firstfix("doctor").out
    monkeypatch.setenv("FIRSTFIX_SMTP_URL", "smtps://jobs:s3cretword@mail.example.com")
    monkeypatch.setenv("FIRSTFIX_MAIL_FROM", "jobs@example.com")
    told = firstfix("doctor").out

    assert "waits: FIRSTFIX_SMTP_URL is not set" in without
    assert "goes by mail.example.com, from jobs@example.com" in " ".join(told.split())  # however wide the terminal is
    assert "s3cretword" not in told


def test_the_doctor_finds_nothing_wrong_and_then_something(firstfix: Firstfix, monkeypatch: pytest.MonkeyPatch) -> None:
    firstfix("keys", "check")
    well = firstfix("doctor")
    monkeypatch.setenv("FIRSTFIX_HOST", "0.0.0.0")  # noqa: S104 (what the doctor is to find)
    ill = firstfix("doctor")

    # The worker is not running, and a checkout may have no web app.
    assert {line.split()[1] for line in well.out.splitlines() if line.startswith(" ✗")} <= {"worker", "web"}
    assert " films " in well.out
    assert "is served in clear" in ill.out
    assert ill.code == 1
