"""The two organisations and who works for them."""

from msgspec import Struct

from firstfix.domain.demo.words.places import LARKFIELD_CUSTOMERS, TIDEWATER_CUSTOMERS, CustomerName

HEATING = ("Gas & Heating", "Plumbing")
WATER = ("Plumbing", "Damp & Mould", "General maintenance")
POWER = ("Electrical", "Fire safety")
WOOD = ("Carpentry", "Glazing", "General maintenance")
OUTSIDE = ("Roofing", "Grounds", "General maintenance", "Damp & Mould")
TEAMS = (HEATING, WATER, POWER, WOOD, HEATING, OUTSIDE)
"""Trades of engineers, in turn."""


class CastMember(Struct, frozen=True, kw_only=True):
    """Somebody with an account that is told in `demo.json`. `branch` counts from 0; staff without one see all."""

    label: str
    role: str
    first_name: str
    last_name: str
    branch: int | None = None
    trades: tuple[str, ...] = ()


class Firm(Struct, frozen=True):
    """A contractor; the account bears the firm's name."""

    name: str
    trades: tuple[str, ...]


class Cast(Struct, frozen=True, kw_only=True):
    """An organisation before it is founded.

    Args:
        domain: What the e-mail addresses of its accounts end in.
        accounts: Those that are told.
        coordinators: Names of office staff beside them.
        engineers: How many there are at first beside the told ones.
        firms: Contractors beside the told ones.
        landlords: How many private landlords are among the customers.
    """

    name: str
    slug: str
    prefix: str
    domain: str
    branches: tuple[str, str]
    is_enterprise: bool
    is_true_crew: bool
    accounts: tuple[CastMember, ...]
    coordinators: tuple[tuple[str, str], ...]
    engineers: int
    firms: tuple[Firm, ...]
    customers: tuple[CustomerName, ...]
    landlords: int


LARKFIELD = Cast(
    name="Larkfield Property Care",
    slug="larkfield",
    prefix="J",
    domain="larkfield.example.com",
    branches=("Leeds", "York"),
    is_enterprise=False,
    is_true_crew=False,
    accounts=(
        CastMember(label="admin", role="Administrator", first_name="Priya", last_name="Raman"),
        CastMember(label="manager", role="Manager", first_name="Jo", last_name="Whitfield"),
        CastMember(label="engineer1", role="Engineer", first_name="Tom", last_name="Okafor", branch=0, trades=HEATING),
        CastMember(label="engineer2", role="Engineer", first_name="Leah", last_name="Sykes", branch=1, trades=WATER),
        CastMember(label="agent1", role="Agent", first_name="Daniel", last_name="Marsh", branch=0),
        CastMember(label="agent2", role="Agent", first_name="Samina", last_name="Akhtar", branch=1),
        CastMember(
            label="contractor1",
            role="Contractor",
            first_name="Ridgeline",
            last_name="Roofing Ltd",
            trades=("Roofing", "Glazing"),
        ),
        CastMember(
            label="contractor2",
            role="Contractor",
            first_name="Brightwire",
            last_name="Electrical",
            trades=("Electrical", "Fire safety"),
        ),
        CastMember(label="tenant1", role="Tenant", first_name="Irene", last_name="Foster"),
        CastMember(label="landlord1", role="Landlord", first_name="Graham", last_name="Ellis", branch=0),
    ),
    coordinators=(("Fiona", "Lister"), ("Marek", "Kowalski")),
    engineers=12,
    firms=(
        Firm("Coldwell Heating", ("Gas & Heating",)),
        Firm("Three Rivers Drainage", ("Plumbing",)),
        Firm("Hartley & Daughter Joinery", ("Carpentry",)),
        Firm("Clearview Glass", ("Glazing",)),
        Firm("Drywall Damp Solutions", ("Damp & Mould",)),
        Firm("Greenside Grounds", ("Grounds",)),
        Firm("Allround Building Services", ("General maintenance", "Carpentry", "Damp & Mould")),
        Firm("Vale Plumbing & Gas", ("Plumbing", "Gas & Heating")),
    ),
    customers=LARKFIELD_CUSTOMERS,
    landlords=16,
)
TIDEWATER = Cast(
    name="Tidewater Facilities",
    slug="tidewater",
    prefix="TW",
    domain="tidewater.example.org",
    branches=("Bristol", "Cardiff"),
    is_enterprise=True,
    is_true_crew=True,
    accounts=(
        CastMember(label="admin", role="Administrator", first_name="Gareth", last_name="Lloyd"),
        CastMember(label="manager", role="Manager", first_name="Naomi", last_name="Pearce"),
        CastMember(label="engineer1", role="Engineer", first_name="Rhys", last_name="Morgan", branch=0, trades=HEATING),
        CastMember(label="engineer2", role="Engineer", first_name="Chloe", last_name="Webb", branch=1, trades=POWER),
        CastMember(label="agent1", role="Agent", first_name="Owen", last_name="Price", branch=0),
        CastMember(label="agent2", role="Agent", first_name="Hannah", last_name="Cole", branch=1),
        CastMember(
            label="contractor1",
            role="Contractor",
            first_name="Harbourside",
            last_name="Roofing",
            trades=("Roofing", "Grounds"),
        ),
        CastMember(
            label="contractor2",
            role="Contractor",
            first_name="Bevan",
            last_name="Heating Ltd",
            trades=("Gas & Heating", "Plumbing"),
        ),
        CastMember(label="tenant1", role="Tenant", first_name="Yasmin", last_name="Begum"),
        CastMember(label="landlord1", role="Landlord", first_name="Trevor", last_name="Hopkins", branch=0),
    ),
    coordinators=(("Sophie", "Jenkins"),),
    engineers=4,
    firms=(Firm("Channel Glass", ("Glazing", "Carpentry")),),
    customers=TIDEWATER_CUSTOMERS,
    landlords=4,
)
