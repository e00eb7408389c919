"""`firstfix user …`: accounts, for the first of an installation and for people who are locked out."""

import getpass
import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from firstfix.adapters.bootstrap import migrate, plain_engine
from firstfix.cli.databases import any_database, migrated_database
from firstfix.cli.faults import CommandFailed
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say
from firstfix.domain.access.passwords import hash_password
from firstfix.domain.founding.accounts import (
    check_email,
    check_password,
    create_account,
    find_founded,
    reset_account,
)
from firstfix.domain.founding.commands import NewPerson, found_organisation
from firstfix.domain.founding.links import is_founded
from firstfix.domain.founding.set_up import FIRST_BRANCH, FIRST_SLUG
from firstfix.domain.people.permissions import DEFAULT_ROLES
from firstfix.domain.work import AccountType
from firstfix.kit.secrets import new_secret
from firstfix.settings import load_settings

app = App(name="user", help="Create accounts, and let people in again who are locked out.")

_GENERATED_BYTES = 12

Kind = Literal["staff", "agent", "landlord", "tenant", "contractor"]
Generate = Annotated[bool, Parameter(negative=(), help="Make up a password and show it once, instead of asking.")]


@app.command
def create(
    email: str,
    *,
    first_name: Annotated[
        str, Parameter(help="Without names: what stands before the @ of their address.", show_default=False)
    ] = "",
    last_name: Annotated[str, Parameter(show_default=False)] = "",
    role: Annotated[str, Parameter(help="The name of a role.")] = "Administrator",
    account_type: Annotated[
        Kind | None, Parameter(name="--type", help="What kind of account; by default what the role is for.")
    ] = None,
    branch: Annotated[
        tuple[str, ...], Parameter(negative=(), help="A branch that an agent or landlord sees; may be repeated.")
    ] = (),
    organisation: Annotated[
        str | None, Parameter(help="The organisation's short name, where there are several.")
    ] = None,
    organisation_name: Annotated[
        str | None, Parameter(help="Found an organisation of this name first, with its default roles and lookups.")
    ] = None,
    generate_password: Generate = False,
    data: DataFolder = None,
) -> None:
    """Create an account that can sign in at once.

    Parameters
    ----------
    email
        The address that they sign in with.
    """
    check_email(email)
    with any_database(load_settings(data=data)) as urls:
        migrate(urls)
        engine = plain_engine(urls.required_owner)
        with engine.connect() as connection:
            if organisation_name is None and not is_founded(connection):
                raise CommandFailed("There is no organisation yet: name it with --organisation-name.")
        password = _settle_password(generate=generate_password)
        person = NewPerson(
            email=email,
            # History, notes and mails name people: nobody is left without a name.
            first_name=first_name if first_name or last_name else email.partition("@")[0],
            last_name=last_name,
            role=role,
            account_type=_account_type(account_type, role),
            branches=branch,
            password_hash=hash_password(password),
        )
        with engine.begin() as connection:
            if organisation_name is not None:
                slug = organisation or FIRST_SLUG
                branches = branch or (FIRST_BRANCH,)
                found_organisation(connection, name=organisation_name, slug=slug, branches=branches)
                organisation = slug
            create_account(connection, find_founded(connection, organisation), person)
    say(f"{email} can sign in.")
    _show(password, generated=generate_password)


@app.command
def reset(
    email: str,
    *,
    forget_second_factor: Annotated[
        bool, Parameter(negative=(), help="Also let them in without the code of their second factor.")
    ] = False,
    generate_password: Generate = False,
    data: DataFolder = None,
) -> None:
    """Give somebody a new password and end their sessions and bearer tokens.

    Parameters
    ----------
    email
        The address that they sign in with.
    """
    with migrated_database(load_settings(data=data)) as urls:
        password = _settle_password(generate=generate_password)
        with plain_engine(urls.required_owner).begin() as connection:
            reset_account(
                connection,
                email=email,
                password_hash=hash_password(password),
                forget_second_factor=forget_second_factor,
            )
    say(f"{email} has a new password, and has to sign in again everywhere.")
    _show(password, generated=generate_password)


def _account_type(kind: Kind | None, role: str) -> AccountType | None:
    if kind is not None:
        return AccountType[kind.upper()]
    return None if role in DEFAULT_ROLES else AccountType.STAFF


def _settle_password(*, generate: bool) -> str:
    if generate:
        return new_secret(_GENERATED_BYTES)
    if not sys.stdin.isatty():
        return check_password(sys.stdin.readline().rstrip("\n"))
    password = check_password(getpass.getpass("New password: "))
    if getpass.getpass("Once more: ") != password:
        raise CommandFailed("The two passwords differ.")
    return password


def _show(password: str, *, generated: bool) -> None:
    if generated:
        say(f"Password, shown this once: {password}")
