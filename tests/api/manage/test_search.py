"""Searching jobs over HTTP: which words find them, and that everybody finds their own."""

import pytest

from tests.api.manage.conftest import JOBS, Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

TITLES = (
    "Crème brûlée oven, ﬁlthy",
    "Łazienka: Ørsted’s đakovo tap",
    "GAS-SAFE check №12",
    "Boiler not firing",
    "Not a boiler",
)


async def found(office: Office, search: str, **query: object) -> list[str]:
    reply = await office.get(JOBS, search=search, **query)
    assert reply.status_code == 200, reply.text
    titles = [job["job_title"] for job in reply.json()["data"]]
    assert reply.json()["count"] >= len(titles)
    return titles


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ("creme brulee", [0]),
        ("CRÈME BRÛ", [0]),
        ("filthy", [0]),
        ("fi", [3, 0]),
        ("lazienka", [1]),
        ("łaz", [1]),
        ("orsted dakovo", [1]),
        ("Ørsted Đak", [1]),
        ("gas-saf", [2]),
        ("safe gas", [2]),
        ('"safe gas"', []),
        ('"gas safe" chec', [2]),
        ("no12", [2]),
        ("boiler not", [4, 3]),
        ('"boiler not"', [3]),
        ('"boiler not', [3]),
        ("not boil", [4, 3]),
        ("oiler", []),
        ("boiler tap", []),
        ("!!", []),
    ],
)
async def test_words_are_found_with_accents_folded(
    office: Office, organisation: TestOrganisation, search: str, wanted: list[int]
) -> None:
    for day, title in enumerate(TITLES, start=1):
        organisation.insert_job(title=title, description="", created_at=f"2024-06-0{day}T09:00:00Z")

    assert await found(office, search) == [TITLES[index] for index in wanted]
    assert sorted(await found(office, search, sort="updated_at")) == sorted(TITLES[index] for index in wanted)


@pytest.mark.parametrize("label", ["manager", "agent1", "landlord1", "contractor1", "tenant1"])
async def test_everybody_finds_their_own_page_by_page(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation, label: str
) -> None:
    make_organisation().insert_job(title="Radiator of somebody else")
    branches, contractor = list(organisation.ids["branches"].values()), organisation["contractor1"].id
    own: dict[str, list[str]] = {"manager": [], "agent1": [], "landlord1": [], "contractor1": [], "tenant1": []}
    for number in range(14):
        title = f"Radiator {number}"
        job_id, _ = organisation.insert_job(
            title=title,
            branch_id=branches[number % 2],
            contractor_id=contractor if number % 3 == 0 else None,
            created_at=f"2024-06-{28 - number}T09:00:00Z",  # against the order of their numbers
        )
        if number % 5 == 0:
            organisation.execute(
                "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
                job=job_id,
                contact=organisation.contact_id,
            )
        own["manager"].append(title)
        for who in ("agent1", "landlord1"):
            own[who].extend([title] if branches[number % 2] == organisation.ids["branches"]["North"] else [])
        own["contractor1"].extend([title] if number % 3 == 0 else [])
        own["tenant1"].extend([title] if number % 5 == 0 else [])
    organisation.insert_job(title="Tap")
    office = enter(organisation, label)

    pages = [await office.get(JOBS, search="radiator", limit=2, offset=offset) for offset in range(0, 16, 2)]

    assert {page.json()["count"] for page in pages} == {len(own[label])}
    assert [job["job_title"] for page in pages for job in page.json()["data"]] == own[label]
