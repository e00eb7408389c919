"""Accounts and API keys are made from the command line, and shown once."""

import io
import re

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, text

from firstfix.kit.secrets import hash_secret
from tests.cli.conftest import Firstfix


@pytest.fixture
def founded(firstfix: Firstfix) -> str:
    """An organisation with an administrator, whose address is returned."""
    address = "admin@example.com"
    made = firstfix("user", "create", address, "--generate-password", "--organisation-name", "Acme Repairs")
    assert made.code == 0
    return address


def test_the_first_account_founds_the_organisation(firstfix: Firstfix, owner: Engine) -> None:
    made = firstfix(
        "user",
        "create",
        "admin@example.com",
        "--generate-password",
        "--organisation-name",
        "Acme",
        "--first-name",
        "Ann",
    )

    with owner.connect() as connection:
        row = connection.execute(
            text(
                "SELECT p.password_hash, p.first_name, r.name AS role, o.name, o.slug FROM people p JOIN roles r"
                " ON r.id = p.role_id JOIN organisations o ON o.id = p.organisation_id"
            )
        ).one()
    password = re.search(r"shown this once: (\S+)", made.out)
    assert (made.code, made.err) == (0, "")
    assert password is not None
    assert PasswordHasher().verify(row.password_hash, password[1])
    assert (row.first_name, row.role, row.name, row.slug) == ("Ann", "Administrator", "Acme", "main")


def test_nobody_is_without_a_name(founded: str, firstfix: Firstfix, owner: Engine) -> None:
    firstfix("user", "create", "jo@example.com", "--generate-password", "--last-name", "Doe")

    with owner.connect() as connection:
        rows = connection.execute(text("SELECT email, first_name, last_name FROM people ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(founded, "admin", ""), ("jo@example.com", "", "Doe")]


def test_without_an_organisation_one_has_to_be_named(firstfix: Firstfix) -> None:
    refused = firstfix("user", "create", "admin@example.com", "--generate-password")

    assert refused.code == 1
    assert refused.err == "firstfix: There is no organisation yet: name it with --organisation-name.\n"


@pytest.mark.usefixtures("founded")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ADMIN@example.com"], "ADMIN@example.com signs in another account already."),
        (["b@example.com", "--role", "Boss"], "There is no role Boss. Roles: Administrator, Agent,"),
        (["b@example.com", "--branch", "Moon"], "There is no branch Moon. Branches: Head office."),
        (["b@example.com", "--organisation", "other"], "There is no organisation other."),
        (["b"], "b is not an e-mail address."),
    ],
)
def test_what_cannot_be_made_is_told_in_a_sentence(firstfix: Firstfix, arguments: list[str], sentence: str) -> None:
    refused = firstfix("user", "create", *arguments, "--generate-password")

    assert refused.code == 1
    assert sentence in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.usefixtures("founded")
def test_an_account_has_the_type_of_its_role_or_the_one_given(firstfix: Firstfix, owner: Engine) -> None:
    firstfix("user", "create", "agent@example.com", "--role", "Agent", "--branch", "Head office", "--generate-password")
    firstfix("user", "create", "odd@example.com", "--role", "Agent", "--type", "contractor", "--generate-password")

    with owner.connect() as connection:
        types = connection.execute(text("SELECT email, account_type FROM people WHERE account_type <> 1 ORDER BY 1"))
        branches = connection.scalar(text("SELECT count(*) FROM person_branches"))
        assert types.all() == [("agent@example.com", 2), ("odd@example.com", 5)]
    assert branches == 1


def test_a_password_is_read_from_a_pipe(
    founded: str, firstfix: Firstfix, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    refused = firstfix("user", "reset", founded)
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    reset = firstfix("user", "reset", founded)

    with owner.connect() as connection:
        password_hash = connection.scalar(text("SELECT password_hash FROM people"))
    assert "at least 12 characters" in refused.err
    assert reset.code == 0
    assert "horse" not in reset.out
    assert PasswordHasher().verify(password_hash or "", "correct horse battery")


def test_a_reset_ends_sessions_and_second_factor_but_no_api_key(
    founded: str, firstfix: Firstfix, owner: Engine
) -> None:
    firstfix("token", "create", founded)
    with owner.begin() as connection:
        connection.execute(text("UPDATE people SET second_factor_sealed = 'v1.k1.x'"))
        connection.execute(
            text(
                "INSERT INTO credentials (organisation_id, kind, secret_hash, person_id)"
                " SELECT organisation_id, 'session', 'x', id FROM people"
            )
        )

    firstfix("user", "reset", founded, "--generate-password", "--forget-second-factor")

    with owner.connect() as connection:
        assert connection.scalars(text("SELECT kind FROM credentials")).all() == ["api_key"]
        assert connection.scalar(text("SELECT second_factor_sealed FROM people")) is None
        actions = connection.scalars(text("SELECT action FROM events WHERE source = 'cli' ORDER BY id")).all()
    assert actions == ["created", "api_key_created", "password_reset"]


def test_an_api_key_is_kept_as_a_hash_listed_without_itself_and_revoked(
    founded: str, firstfix: Firstfix, owner: Engine
) -> None:
    made = firstfix("token", "create", founded, "--label", "Scheduler")
    key = re.search(r"shown this once: ([0-9a-f]{32})$", made.out, re.MULTILINE)
    assert key is not None
    with owner.connect() as connection:
        row = connection.execute(text("SELECT uuid, secret_hash FROM credentials")).one()
    assert bytes(row.secret_hash) == hash_secret(key[1])

    listed = firstfix("token", "list", founded)
    assert str(row.uuid) in listed.out
    assert "Scheduler" in listed.out
    assert key[1] not in listed.out

    assert firstfix("token", "revoke", founded).err == "firstfix: Say which key: --id ID, or --all.\n"
    assert firstfix("token", "revoke", founded, "--id", str(row.uuid)).code == 0
    assert firstfix("token", "revoke", founded, "--all").err == "firstfix: There is no such API key.\n"


def test_somebody_unknown_is_told(founded: str, firstfix: Firstfix) -> None:
    assert founded
    assert firstfix("token", "create", "nobody@example.com").err == "firstfix: Nobody signs in as nobody@example.com.\n"
