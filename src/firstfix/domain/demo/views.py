"""What of the demonstration leaves the domain."""

from uuid import UUID

from msgspec import Struct


class DemoFeatures(Struct, frozen=True, kw_only=True):
    """The features of an organisation that can be switched."""

    enterprise: bool
    true_crew: bool


class DemoAccount(Struct, frozen=True, kw_only=True):
    """Somebody who can sign in and call the APIs. The secrets are kept nowhere else.

    Args:
        label: Which account this is; the same in both organisations, such as `engineer1`.
        account_type: 1 to 5, as `AccountType`.
        role: The role's name.
        user_id: The number that the manage API calls `ID`.
        branch_ids: What agents and landlords see; empty: all that the account type may see.
    """

    label: str
    account_type: int
    role: str
    email: str
    password: str
    field_api_key: str
    user_uuid: UUID
    user_id: int
    branch_ids: list[int]


class DemoOrganisation(Struct, frozen=True, kw_only=True):
    """One of the two organisations."""

    name: str
    slug: str
    features: DemoFeatures
    accounts: list[DemoAccount]
