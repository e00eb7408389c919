"""The containers of `compose.yaml` are given settings that there are, and mail only where somebody asks for it."""

import re
from pathlib import Path

from firstfix.settings import Settings, load_settings

FILE = Path(__file__).parents[2] / "compose.yaml"
PASSWORDS = {"APP_PASSWORD": "a", "OWNER_PASSWORD": "b", "STORE_PASSWORD": "c"}
MAIL = {
    "PUBLIC_URL": "https://jobs.example.com",
    "TRUSTED_PROXIES": "10.0.0.1",
    "SMTP_URL": "smtps://mail.example.com",
    "MAIL_FROM": "jobs@example.com",
    "REPLY_DOMAIN": "reply.example.com",
    "IMAP_URL": "imaps://user:password@mail.example.com/INBOX",
    "MAIL_IN_PORT": "2525",
    "MAIL_SERVER": "mx.example.com",
}


def settings_with(variables: dict[str, str]) -> Settings:
    """Read what the containers are given, as the engine does: `${NAME:?}` has to be set, `${NAME:-}` may be."""

    def value_of(named: re.Match[str]) -> str:
        return variables[named["name"]] if named["how"] == "?" else variables.get(named["name"], "")

    written = re.sub(r"\$\{(?P<name>\w+):(?P<how>[?-])\}", value_of, FILE.read_text())
    return load_settings(dict(re.findall(r"^ +(FIRSTFIX_\w+): *(.*)$", written, re.MULTILINE)))


def test_mail_is_off_until_it_is_asked_for() -> None:
    settings = settings_with(PASSWORDS)

    assert (settings.smtp_url, settings.public_url, settings.takes_mail_in) == (None, None, False)


def test_each_variable_of_mail_reaches_its_setting() -> None:
    settings = settings_with(PASSWORDS | MAIL)

    assert {name: str(getattr(settings, name.lower())) for name in MAIL} == MAIL
    assert settings.mail_in_host == "0.0.0.0"  # noqa: S104 (within the containers' own network)
