"""Settings come from the environment and from options, and a bad one is named."""

from pathlib import Path

import pytest

from firstfix.app.web import build_app
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import Settings, SettingsError, load_settings

URL = "postgresql://firstfix_app@db/firstfix"


def test_an_option_wins_over_the_environment() -> None:
    settings = load_settings({"FIRSTFIX_PORT": "81", "FIRSTFIX_HOST": "::1", "HOME": "/root"}, port=82, host=None)

    assert (settings.port, settings.host) == (82, "::1")


def test_an_empty_variable_counts_as_none() -> None:
    assert load_settings({"FIRSTFIX_DATABASE_URL": ""}) == Settings()


def test_what_one_process_writes_another_reads() -> None:
    settings = Settings(
        data=Path("/srv/jobs"), database_url=URL, require_https=True, trusted_proxies="10.0.0.1, ::1", workers=3
    )

    assert load_settings(settings.environment()) == settings
    assert settings.proxies == ("10.0.0.1", "::1")


def test_limits_of_single_operations_are_read() -> None:
    settings = load_settings({"FIRSTFIX_ADDRESS_LIMITS": "web signIn=600, manage listJobs=60"})

    assert settings.limits_of_addresses == {"web signIn": 600, "manage listJobs": 60}
    assert Settings().limits_of_addresses == {}


def test_a_limit_of_what_there_is_not_stops_the_start(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    load_key_ring(keys)
    settings = Settings(data=tmp_path, key_file=keys, database_url=URL, address_limits="web signUp=600")

    with pytest.raises(SettingsError, match="there is no operation web signUp"):
        build_app(settings)


@pytest.mark.parametrize(
    ("public_url", "domain"),
    [(None, "localhost"), ("http://127.0.0.1:8000", "localhost"), ("https://jobs.example.com", "jobs.example.com")],
)
def test_mail_of_this_machine_alone_needs_no_names(public_url: str | None, domain: str) -> None:
    settings = Settings(smtp_url="smtp://127.0.0.1:2500", mail_in_port=2525, public_url=public_url)

    assert (settings.mail_from, settings.reply_domain) == (f"firstfix@{domain}", domain)
    assert load_settings(settings.environment()).reply_domain == domain


def test_relative_folders_are_handed_on_as_they_are_seen_from_here() -> None:
    assert load_settings(Settings().environment()).data == Path.cwd() / "data"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"FIRSTFIX_PORTS": "1"}, "FIRSTFIX_PORTS is not a setting of Firstfix."),
        ({"FIRSTFIX_PORT": "many"}, "FIRSTFIX_PORT cannot be used: Expected `int`, got `str`."),
        (
            {"FIRSTFIX_ADDRESS_LIMITS": "web signIn=600, login"},
            "FIRSTFIX_ADDRESS_LIMITS cannot be used: login is not like web signIn=600.",
        ),
        (
            {"FIRSTFIX_ADDRESS_REQUESTS": "5"},
            "FIRSTFIX_ADDRESS_REQUESTS cannot be used: Expected `int` >= 60.",
        ),
        ({"FIRSTFIX_WORKERS": "0"}, "FIRSTFIX_WORKERS cannot be used: Expected `int` >= 1."),
        ({"FIRSTFIX_REQUIRE_HTTPS": "perhaps"}, "FIRSTFIX_REQUIRE_HTTPS cannot be used: Expected `bool`, got `str`."),
        (
            {"FIRSTFIX_DATABASE_URL": "mysql://db"},
            "FIRSTFIX_DATABASE_URL cannot be used: must be a postgresql:// URL.",
        ),
        (
            {"FIRSTFIX_OWNER_DATABASE_URL": URL},
            "FIRSTFIX_OWNER_DATABASE_URL cannot be used: means nothing without database_url.",
        ),
        (
            {"FIRSTFIX_STORAGE_URL": "/srv/files"},
            "FIRSTFIX_STORAGE_URL cannot be used: must be like s3://bucket or s3://bucket/folder.",
        ),
        (
            {"FIRSTFIX_STORAGE_ACCESS_KEY": "key"},
            "FIRSTFIX_STORAGE_ACCESS_KEY cannot be used: must be given together with storage_secret_key.",
        ),
        ({"FIRSTFIX_TLS_CERT": "a.pem"}, "FIRSTFIX_TLS_CERT cannot be used: must be given together with tls_key."),
        (
            {"FIRSTFIX_PUBLIC_URL": "https://jobs.example.com/app"},
            "FIRSTFIX_PUBLIC_URL cannot be used: must be like https://jobs.example.com, with nothing after the host.",
        ),
        *(
            (
                {"FIRSTFIX_MAIL_IN_PORT": "2525", **more},
                "FIRSTFIX_REPLY_DOMAIN cannot be used: must be set where mail is taken in.",
            )
            for more in ({"FIRSTFIX_MAIL_IN_HOST": "10.0.0.1"}, {"FIRSTFIX_MAIL_FROM": "jobs@example.com"})
        ),
        *(
            (
                {"FIRSTFIX_IMAP_URL": url, "FIRSTFIX_REPLY_DOMAIN": "reply.example.com"},
                "FIRSTFIX_IMAP_URL cannot be used: must be like imaps://user:password@mail.example.com/INBOX.",
            )
            for url in ("mail.example.com", "pop3://u:p@mail", "imaps://mail", "imaps://u:p@", "imaps://u:p@mail:port")
        ),
        (
            {"FIRSTFIX_SMTP_URL": "smtp://mail.example.com"},
            "FIRSTFIX_MAIL_FROM cannot be used: must be given together with smtp_url.",
        ),
        *(
            (
                {"FIRSTFIX_SMTP_URL": url, "FIRSTFIX_MAIL_FROM": "jobs@example.com"},
                "FIRSTFIX_SMTP_URL cannot be used: must be like smtps://mail.example.com or smtp://user:password@host:587.",
            )
            for url in ("mail.example.com", "http://mail", "smtp://", "smtp://mail:port", "smtp://mail/folder")
        ),
        (
            {"FIRSTFIX_SMTP_URL": "smtp://u:p@mail?tls=never", "FIRSTFIX_MAIL_FROM": "jobs@example.com"},
            "FIRSTFIX_SMTP_URL cannot be used: ?tls=never means smtp:// and no password.",
        ),
        (
            {"FIRSTFIX_SMTP_URL": "smtp://mail?timeout=5", "FIRSTFIX_MAIL_FROM": "jobs@example.com"},
            "FIRSTFIX_SMTP_URL cannot be used: may end in ?tls=never, and in nothing else.",
        ),
        *(
            (
                {"FIRSTFIX_MAIL_FROM": address},
                "FIRSTFIX_MAIL_FROM cannot be used: must be a plain address like jobs@example.com.",
            )
            for address in ("jobs", "Jobs <jobs@example.com>", "jobs@example.com\n", "a b@example.com", "jobs@-x.com")
        ),
        (
            {"FIRSTFIX_REPLY_DOMAIN": "@reply.example.com"},
            "FIRSTFIX_REPLY_DOMAIN cannot be used: must be like reply.example.com.",
        ),
        (
            {"FIRSTFIX_TRUSTED_PROXIES": "10.0.0.1,proxy"},
            "FIRSTFIX_TRUSTED_PROXIES cannot be used: proxy is not an address.",
        ),
    ],
)
def test_a_bad_setting_is_named(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(variables)

    assert str(refused.value) == sentence


def test_a_process_by_itself_needs_the_database_named() -> None:
    with pytest.raises(SettingsError, match="FIRSTFIX_DATABASE_URL must be set"):
        _ = Settings().app_url


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(), "http://127.0.0.1:8000"),
        (Settings(host="0.0.0.0", port=80), "http://127.0.0.1:80"),  # noqa: S104 (what somebody may ask for)
        (Settings(host="::", port=81), "http://[::1]:81"),
        (Settings(tls_cert=Path("c"), tls_key=Path("k"), port=443), "https://127.0.0.1:443"),
        (Settings(public_url="https://jobs.example.com"), "https://jobs.example.com"),
    ],
)
def test_the_address_is_one_that_can_be_reached(settings: Settings, address: str) -> None:
    assert settings.address == address
