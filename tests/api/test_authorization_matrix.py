"""Who may ask for what: every operation of every API, asked by every kind of account over HTTP.

What is expected is written down here from the published contract, not taken from the code: the keys of each operation,
and who holds which keys by default. An operation that is missing here fails.
"""

import itertools
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec import Struct, field

from firstfix.app.web import APIS
from firstfix.kit.sealing import load_key_ring
from firstfix.kit.secrets import hash_secret, new_secret
from tests.conftest import MakeOrganisation
from tests.factories.contents import put_content
from tests.factories.letters import quarantine
from tests.factories.organisations import TestOrganisation
from tests.factories.pictures import PDF, picture
from tests.factories.servers import TestServer

MARK = "Grandfather clock has stopped"
"""The title of the job that everybody asks for; nobody else may read it."""

PUBLIC = ("public",)
SIGNED_IN = ("signed-in",)
LIST, MANAGE, PROGRESS = "api.jobs.manage.list", "api.jobs.manage.manage", "api.jobs.manage.progress"
READ = (LIST, MANAGE)
PIN = ("api.jobs.toggle_pin.manage",)
AMEND, DECIDE = ("api.jobs.amend_request.manage",), ("api.jobs.amend_request.decide",)
PHOTOS, VIEW_PHOTOS = ("api.jobs.photos.manage",), ("api.jobs.photos.view",)
SEE_PHOTOS = (*PHOTOS, *VIEW_PHOTOS)
DOCUMENTS = ("api.jobs.documents.manage",)
REMEDIALS = ("api.jobs.remedials.manage",)
NOTES = ("api.jobs.case_notes.manage",)
CHANGES = ("api.changes.read",)
BREACHES = ("api.sla.breached_jobs.read",)
PLACES, EDIT_PLACES = ("api.places.view",), ("api.places.manage",)
CATALOGUE, EDIT_CATALOGUE = ("api.catalogue.view",), ("api.catalogue.manage",)
OFFICE = ("api.office.view",)
SEE_INVOICES, EDIT_INVOICES = ("api.invoices.view", "api.invoices.manage"), ("api.invoices.manage",)
USERS, SETTINGS = ("api.admin.users.manage",), ("api.admin.settings.manage",)
AGENTS, CONTRACTORS_LIST = ("api.agents.list.manage",), ("api.contractors.list.manage",)
TENANTS, CALENDAR, DASHBOARD = ("api.tenants.manage.manage",), ("api.calendar.jobs.read",), ("api.dashboard.read",)
ROLES = ("api.admin.roles.manage",)
GROUPS, EDIT_GROUPS = ("api.admin.branches.view",), ("api.admin.branches.manage",)

PEOPLE_LISTS = {"api.agents.list.manage", "api.contractors.list.manage", "api.tenants.manage.manage"}
NOT_FOR_AGENTS = {"api.jobs.amend_request.decide", "api.jobs.manage.delete_closed", "api.jobs.manage.reopen"}
CONTRACTORS = {
    LIST,
    PROGRESS,
    "api.jobs.case_notes.manage",
    "api.jobs.photos.manage",
    "api.jobs.photos.view",
    "api.jobs.documents.manage",
    "api.jobs.amend_request.manage",
    "api.jobs.amendable_fields.manage",
    *PIN,
}
RESIDENTS = {LIST, "api.jobs.photos.view", *PIN}


def holds(label: str, key: str) -> bool:
    """Tell who holds a key by default (manage contract, §3)."""
    match label.rstrip("0123456789"):
        case "admin" | "stranger":
            return True
        case "manager" | "engineer":
            return not key.startswith("api.admin.") or key == "api.admin.branches.view"
        case "agent":
            return (key.startswith("api.jobs.") and key not in NOT_FOR_AGENTS) or key in PEOPLE_LISTS | {*PLACES}
        case "contractor":
            return key in CONTRACTORS
        case "landlord" | "tenant":
            return key in RESIDENTS
        case _:
            return False


class Scene(Struct):
    """A job that all accounts of its organisation see, the catalogue's uuid of its one task, its file, and who asks."""

    organisation: TestOrganisation
    job_id: int
    job_uuid: UUID
    task_uuid: UUID
    task_id: int
    data: Path
    email: str
    password: str

    @property
    def lookups(self) -> Mapping[str, Mapping[str, int]]:
        return self.organisation.ids


class Case(Struct):
    """How one operation is asked for.

    `foreign` is the status for the administrator of another organisation: what is not theirs is not there. `everybody`
    is the status for all, of what an installation in use has no more. One that is `of_jobs` gets a job of its own for
    each account, which it may change; one that is `of_deferred` a deferred one. `prepare` brings the job to where the
    operation finds it.
    """

    needs: tuple[str, ...]
    foreign: int | None = None
    everybody: int | None = None
    path: Callable[[Scene], dict[str, str]] = lambda _: {}
    query: Callable[[Scene], dict[str, Any]] = lambda _: {}
    body: Callable[[Scene], dict[str, Any]] | None = None
    files: dict[str, tuple[str, bytes]] | None = None
    of_jobs: bool = True
    of_deferred: bool = False
    name: str = field(default="")
    prepare: Callable[[Scene], None] = lambda _: None


def by_job_uuid(scene: Scene) -> dict[str, Any]:
    return {"uuid": str(scene.job_uuid)}


def with_commit(scene: Scene) -> dict[str, Any]:
    """Let the job have a commit."""
    [event] = scene.organisation.execute(
        "INSERT INTO events (source, entity, entity_id, entity_uuid, action)"
        " VALUES ('cli', 'job', :id, :uuid, 'created') RETURNING id",
        id=scene.job_id,
        uuid=scene.job_uuid,
    )
    return {**by_job_uuid(scene), "commit_id": str(event.id)}


def by_job_ref(scene: Scene) -> dict[str, Any]:
    return {"job_ref": scene.job_uuid.hex}


def by_task_ref(scene: Scene) -> dict[str, Any]:
    return {**by_job_ref(scene), "task_ref": scene.task_uuid.hex}


def by_attachment_ref(scene: Scene) -> dict[str, Any]:
    attachment = attach(scene, "job_task_attachments", "job_task_id", scene.task_id)
    return {**by_task_ref(scene), "attachment_ref": attachment.hex}


def by_uuid_of_job(scene: Scene) -> dict[str, Any]:
    return {"job_uuid": str(scene.job_uuid)}


def wait_for_approval(scene: Scene) -> None:
    """Let the job wait for a status that somebody else has asked for."""
    scene.organisation.execute(
        "UPDATE jobs SET gate_status = 'pending', gate_wanted_status_id = :status, gate_asked_by_id = :person,"
        " gate_asked_at = now() WHERE id = :id",
        status=scene.lookups["statuses"]["Complete"],
        person=scene.organisation["engineer2"].id,
        id=scene.job_id,
    )


def complete(scene: Scene) -> None:
    """Complete the job past the rules."""
    status = scene.lookups["statuses"]["Complete"]
    scene.organisation.execute(
        "UPDATE jobs SET status_id = :status, stage = 3, completed_at = now() WHERE id = :id",
        status=status,
        id=scene.job_id,
    )


def recall(scene: Scene) -> None:
    """Recall the job past the rules."""
    scene.organisation.execute("UPDATE jobs SET is_recall = true WHERE id = :id", id=scene.job_id)
    scene.organisation.insert(
        "recalls",
        job_id=scene.job_id,
        reason="It leaks again.",
        raised_at="2024-06-01T14:00:00Z",
        status_before_id=scene.lookups["statuses"]["Complete"],
    )


def by_asset_attachment_ref(scene: Scene) -> dict[str, Any]:
    organisation = scene.organisation
    id_, uuid = organisation.insert("assets", name=unique(), location_id=organisation.location_id)
    return {**by_ref(uuid), "attachment_ref": attach(scene, "asset_attachments", "asset_id", id_).hex}


def by_photo_uuid(scene: Scene) -> dict[str, Any]:
    return {"photo_uuid": str(attach(scene, "job_photos", "job_id", scene.job_id, purpose="photo", moment="before"))}


def by_failed_film(scene: Scene) -> dict[str, Any]:
    uuid = by_photo_uuid(scene)["photo_uuid"]
    scene.organisation.execute(
        "INSERT INTO film_tasks (photo_id, state, next_at) SELECT id, 'failed', NULL FROM files WHERE uuid = :uuid",
        uuid=uuid,
    )
    return {"uuid": uuid}


def by_photo_id(scene: Scene) -> dict[str, Any]:
    uuid = by_photo_uuid(scene)["photo_uuid"]
    [row] = scene.organisation.execute("SELECT id FROM files WHERE uuid = :uuid", uuid=uuid)
    return {"id": row.id}


def type_of_documents(scene: Scene) -> int:
    [row] = scene.organisation.execute(
        "SELECT id FROM document_types WHERE organisation_id = :o AND key = 'other'", o=scene.organisation.id
    )
    id_: int = row.id
    return id_


def new_document(scene: Scene) -> dict[str, Any]:
    return {**by_uuid_of_job(scene), "file_type_id": type_of_documents(scene)}


def by_document_uuid(scene: Scene) -> dict[str, Any]:
    filed = {"document_type_id": type_of_documents(scene)}
    return {"document_uuid": str(attach(scene, "job_documents", "job_id", scene.job_id, purpose="document", **filed))}


def by_document_id(scene: Scene) -> dict[str, Any]:
    uuid = by_document_uuid(scene)["document_uuid"]
    [row] = scene.organisation.execute("SELECT id FROM files WHERE uuid = :uuid", uuid=uuid)
    return {"document_id": row.id}


def deleted_photo(scene: Scene) -> dict[str, Any]:
    uuid = by_photo_uuid(scene)["photo_uuid"]
    scene.organisation.execute("UPDATE files SET archived_at = now() WHERE uuid = :uuid", uuid=uuid)
    return {"uuid": uuid}


def attach(scene: Scene, links: str, column: str, id_: int, *, purpose: str = "attachment", **more: object) -> UUID:
    """Attach a file that has the mark in it."""
    content = MARK.encode()
    key, _ = put_content(scene.data, scene.organisation.owner, scene.organisation.id, content)
    file_id, file_uuid = scene.organisation.insert(
        "files",
        storage_key=key,
        purpose=purpose,
        file_name=f"{MARK}.txt",
        mime_type="text/plain",
        size_bytes=len(content),
        sha256=sha256(content).digest(),
    )
    values = {"file_id": file_id, column: id_, **more}
    statement = f"INSERT INTO {links} ({', '.join(values)}) VALUES (:{', :'.join(values)})"  # noqa: S608 (names of ours)
    scene.organisation.execute(statement, **values)
    return file_uuid


def credentials(scene: Scene) -> dict[str, Any]:
    return {"email": scene.email, "password": scene.password}


def set_up(_: Scene) -> dict[str, Any]:
    return {
        "secret": "made up",
        "organisation_name": "Acme",
        "time_zone": "Europe/London",
        "currency": "GBP",
        "first_name": "Ann",
        "last_name": "Archer",
        "email": "ann@example.com",
        "password": "a password for tests",
    }


def new_manage_job(scene: Scene) -> dict[str, Any]:
    return {
        "job_title": "Another",
        "job_description": "Another.",
        "priority_id": scene.lookups["priorities"]["Medium"],
        "status_id": scene.lookups["statuses"]["New"],
        "job_type_id": scene.lookups["job_types"]["Plumbing"],
        "address_id": scene.organisation.location_id,
    }


def new_field_job(scene: Scene) -> dict[str, Any]:
    return {
        "scheduledOn": "2024-06-01T14:00:00Z",
        "location": {"uuid": scene.organisation.location_uuid.hex},
        "description": "Another.",
        "group": {"uuid": branch_of(scene)},  # needed where there are groups, ignored elsewhere
    }


def branch_of(scene: Scene) -> str:
    (row,) = scene.organisation.execute(
        "SELECT uuid FROM branches WHERE id = :id", id=scene.lookups["branches"]["North"]
    )
    return str(row.uuid)


def with_groups(scene: Scene) -> dict[str, Any]:
    """Let the organisation work with groups; that of the stranger does not."""
    scene.organisation.execute("UPDATE organisations SET is_enterprise = true WHERE id = :id", id=scene.organisation.id)
    return {}


def by_ref(uuid: UUID) -> dict[str, str]:
    return {"ref": uuid.hex}


def unique() -> str:
    return uuid4().hex


def thing(table: str, **values: object) -> Callable[[Scene], dict[str, str]]:
    """Give the path of a new thing, in a place that agents see where it is in one."""

    def path(scene: Scene) -> dict[str, str]:
        row = {"location_id": scene.organisation.location_id, "name": unique(), **values}
        if table not in ("assets", "contacts"):
            del row["location_id"]
        if table == "contacts":
            row["first_name"] = row.pop("name")
        return by_ref(scene.organisation.insert(table, **row)[1])

    return path


def new_user(scene: Scene) -> dict[str, str]:
    role = scene.organisation.founded.role_ids["Engineer"]
    values = {"email": f"{unique()}@example.com", "account_type": 1, "role_id": role}
    return by_ref(scene.organisation.insert("people", **values)[1])


def new_group(scene: Scene) -> dict[str, str]:
    with_groups(scene)
    return thing("branches")(scene)


def new_location(scene: Scene) -> dict[str, str]:
    branch = scene.lookups["branches"]["North"]
    return by_ref(scene.organisation.insert("locations", name=unique(), branch_id=branch)[1])


def new_customer(scene: Scene) -> dict[str, str]:
    id_, uuid = scene.organisation.insert("customers", name=unique())
    scene.organisation.insert("locations", branch_id=scene.lookups["branches"]["North"], customer_id=id_)
    return by_ref(uuid)


def resource_cases(
    name: str,
    keys: tuple[tuple[str, ...], tuple[str, ...]],
    path: Callable[[Scene], dict[str, str]],
    body: Callable[[Scene], dict[str, Any]],
    plural: str = "",
) -> dict[str, tuple[Case, ...]]:
    """Give the cases of a resource that is listed, read, made, changed and removed."""
    read, write = keys
    return {
        f"field list{plural or name + 's'}": (Case(read),),
        f"field get{name}": (Case(read, foreign=404, path=path),),
        f"field create{name}": (Case(write, body=body, of_jobs=False),),
        f"field update{name}": (Case(write, foreign=404, path=path, body=body, of_jobs=False),),
        f"field delete{name}": (Case(write, foreign=404, path=path, of_jobs=False),),
    }


def named(**more: object) -> Callable[[Scene], dict[str, Any]]:
    return lambda _: {"name": unique(), **more}


def new_invoice(scene: Scene) -> dict[str, str]:
    """Give the path of an invoice of a job of its own, which stays as it is for who may not touch it."""
    values = {"number": f"{uuid4().int % 10**8:08}", "location_id": scene.organisation.location_id, "currency": "GBP"}
    _, uuid = scene.organisation.insert("invoices", **values)
    completed_job(scene, invoice_uuid=uuid)
    return by_ref(uuid)


def completed_job(scene: Scene, **values: object) -> dict[str, Any]:
    """Give the body that names a completed job."""
    row: dict[str, Any] = {
        "status_id": scene.lookups["statuses"]["Complete"],
        "completed_at": "2024-06-01T14:00:00Z",
        **values,
    }
    return {"jobs": [{"uuid": scene.organisation.insert_job(**row)[1].hex}]}


def amendment(scene: Scene) -> dict[str, Any]:
    """Ask for what everybody may ask for who may ask for anything."""
    asked = {"field_name": "date_works_start_date", "requested_value": "2044-06-02", "reason": "Later."}
    return {"job_uuid": str(scene.job_uuid), **asked}


def asked_for(scene: Scene) -> dict[str, Any]:
    """Give the body that names a request of somebody's who cannot decide it."""
    values = {"field_name": "contractor_budget", "requested_value": "5.00", "reason": "More."}
    requester = scene.organisation["contractor2"].id
    uuid = scene.organisation.insert("amendments", job_id=scene.job_id, requested_by_id=requester, **values)[1]
    return {"uuid": str(uuid)}


def new_note(scene: Scene) -> dict[str, Any]:
    return {"job_uuid": str(scene.job_uuid), "note_text": "Hello"}


def note(scene: Scene) -> dict[str, Any]:
    """Give the body that names a note of whoever asks: others than staff delete no others."""
    author = scene.organisation.execute(
        "SELECT id FROM people WHERE email = :email AND organisation_id = :id",
        email=scene.email,
        id=scene.organisation.id,
    )
    uuid = uuid4()
    sealed = load_key_ring(scene.data / "keys.json").seal(MARK, record=uuid, field="case_notes.text")
    values = {"text_sealed": sealed, "created_by_id": author[0].id if author else None}
    scene.organisation.insert("case_notes", uuid=uuid, job_id=scene.job_id, **values)
    return {"uuid": str(uuid)}


def note_file(scene: Scene) -> dict[str, Any]:
    id_, _ = scene.organisation.insert("case_notes", job_id=scene.job_id, text_sealed="v1.x.y")
    return {"uuid": str(attach(scene, "case_note_attachments", "case_note_id", id_))}


CASE_NOTES = {
    "listCaseNotes": (Case(NOTES, foreign=404, query=by_uuid_of_job),),
    "downloadCaseNoteAttachment": (Case(NOTES, foreign=404, query=note_file),),
    "addCaseNote": (Case(NOTES, foreign=404, body=new_note),),
    "createCaseNote": (Case(NOTES, foreign=404, body=new_note),),
    "updateCaseNote": (Case(NOTES, foreign=404, body=note),),
    "deleteCaseNote": (Case(NOTES, foreign=404, body=note),),
}


def new_remedial(scene: Scene) -> dict[str, Any]:
    return {"job_uuid": str(scene.job_uuid), "remedial_job_uuid": str(scene.organisation.insert_job()[1])}


def linked(scene: Scene) -> dict[str, Any]:
    """Give the body that names a remedial of the job's."""
    id_, uuid = scene.organisation.insert_job()
    scene.organisation.insert("remedial_links", parent_id=scene.job_id, remedial_id=id_)
    return {"remedial_job_uuid": str(uuid)}


AREA = {"geometry": {"ne": {"lat": 2, "lng": 2}, "sw": {"lat": 1, "lng": 1}}}
RESOURCES = (
    resource_cases("Customer", (PLACES, EDIT_PLACES), new_customer, named()),
    resource_cases("Location", (PLACES, EDIT_PLACES), new_location, named()),
    resource_cases("Contact", (PLACES, EDIT_PLACES), thing("contacts"), lambda _: {"firstName": "Ada"}),
    resource_cases("Asset", (PLACES, EDIT_PLACES), thing("assets"), named()),
    resource_cases("Task", (CATALOGUE, EDIT_CATALOGUE), thing("catalogue_tasks"), named()),
    resource_cases("Item", (CATALOGUE, EDIT_CATALOGUE), thing("catalogue_items"), named()),
    resource_cases("JobType", (CATALOGUE, EDIT_CATALOGUE), thing("job_types", position=99), named()),
    resource_cases("Skill", (CATALOGUE, EDIT_CATALOGUE), thing("skills"), named()),
    resource_cases("LaborRate", (CATALOGUE, EDIT_CATALOGUE), thing("labor_rates", rate=1), named(rate=2)),
    resource_cases(
        "Tax", (CATALOGUE, EDIT_CATALOGUE), thing("taxes", group_name="UK", rate=1), named(group="UK", rate=2), "Taxes"
    ),
    resource_cases(
        "CustomField",
        (CATALOGUE, EDIT_CATALOGUE),
        thing("custom_fields", entity_class="Job", kind="Text", position=0),
        named(entityClass="Job", type="Text"),
    ),
    resource_cases("User", (OFFICE, USERS), new_user, lambda _: {"email": f"{unique()}@example.com"}),
    resource_cases(
        "ServiceArea",
        (OFFICE, SETTINGS),
        thing("service_areas", north=2, east=2, south=1, west=1),
        named(area=AREA),
    ),
)


def choice_cases(
    name: str, path: Callable[[Scene], dict[str, str]], body: Callable[[Scene], dict[str, Any]], plural: str = ""
) -> dict[str, tuple[Case, ...]]:
    """Give the cases of what jobs are sorted into, as the office sets it up."""
    return {
        f"web add{name}": (Case(SETTINGS, body=body, of_jobs=False),),
        f"web change{name}": (Case(SETTINGS, foreign=404, path=path, body=named(), of_jobs=False),),
        f"web remove{name}": (Case(SETTINGS, foreign=404, path=path, of_jobs=False),),
        f"web arrange{plural or name + 's'}": (
            Case(SETTINGS, foreign=409, body=lambda scene: everything(scene, name), of_jobs=False),
        ),
    }


def new_policy(scene: Scene) -> dict[str, Any]:
    """Promise something about jobs of a type of their own."""
    job_type_id, _ = scene.organisation.insert("job_types", name=unique(), position=99)
    return {
        "priority_id": scene.lookups["priorities"]["Medium"],
        "job_type_id": job_type_id,
        "response_minutes": 60,
        "resolution_minutes": 240,
    }


def policy(scene: Scene) -> dict[str, str]:
    return {"uuid": str(scene.organisation.insert("sla_policies", **new_policy(scene))[1])}


def working_week(_: Scene) -> dict[str, Any]:
    return {"hours": [{"weekday": "monday", "start": "09:00", "end": "24:00"}]}


def branch_uuid(scene: Scene) -> dict[str, str]:
    return {"uuid": branch_of(scene)}


def new_day_off(_: Scene) -> dict[str, Any]:
    return {"day": str(date(2044, 1, 1) + next(_days) * timedelta(days=1)), "name": "Closed"}


_days = itertools.count()


def everything(scene: Scene, name: str) -> dict[str, Any]:
    """Give the order of all of one sort as it is."""
    rows = scene.organisation.execute(
        f"SELECT uuid FROM {TABLES[name]} WHERE organisation_id = :o ORDER BY position, id",  # noqa: S608 (ours)
        o=scene.organisation.id,
    )
    return {"uuids": [str(row.uuid) for row in rows]}


def choice(table: str, **values: object) -> Callable[[Scene], dict[str, str]]:
    """Give the path of a new one that nothing needs."""
    return lambda scene: {
        "uuid": str(scene.organisation.insert(table, name=unique(), position=99, **values)[1]),
    }


def new_document_type(scene: Scene) -> dict[str, str]:
    return choice("document_types", key=unique())(scene)


TABLES = {
    "Status": "statuses",
    "Priority": "priorities",
    "JobType": "job_types",
    "TimeRange": "time_ranges",
    "PaymentStatus": "payment_statuses",
    "DocumentType": "document_types",
}
TIMES = {"start_time": "08:00", "end_time": "09:00"}
CHOICES = (
    choice_cases("Status", choice("statuses", stage=0), named(stage="new"), "Statuses"),
    choice_cases("Priority", choice("priorities", rank=9), named(), "Priorities"),
    choice_cases("JobType", choice("job_types"), named()),
    choice_cases("TimeRange", choice("time_ranges", **TIMES), named(**TIMES)),
    choice_cases("PaymentStatus", choice("payment_statuses"), named(), "PaymentStatuses"),
    choice_cases("DocumentType", new_document_type, named()),
)


def new_role(scene: Scene) -> dict[str, str]:
    return {"uuid": str(scene.organisation.insert("roles", name=unique())[1])}


def new_member(scene: Scene) -> dict[str, str]:
    return {"uuid": new_user(scene)["ref"]}


def invitation(scene: Scene) -> dict[str, Any]:
    (role,) = scene.organisation.execute(
        "SELECT uuid FROM roles WHERE id = :id", id=scene.organisation.founded.role_ids["Tenant"]
    )
    return {"email": f"{unique()}@example.com", "account_type": "tenant", "role": str(role.uuid)}


def with_api_key(scene: Scene) -> dict[str, str]:
    email = f"{unique()}@example.com"
    role = scene.organisation.founded.role_ids["Engineer"]
    id_, uuid = scene.organisation.insert("people", email=email, account_type=1, role_id=role)
    _, key = scene.organisation.insert(
        "credentials", kind="api_key", secret_hash=hash_secret(new_secret()), person_id=id_
    )
    return {"uuid": str(uuid), "key": str(key)}


def new_branch(scene: Scene) -> dict[str, str]:
    return {"uuid": str(scene.organisation.insert("branches", name=unique())[1])}


def new_tenant(scene: Scene) -> dict[str, str]:
    return {"uuid": thing("contacts")(scene)["ref"]}


def dead_mail(scene: Scene) -> dict[str, str]:
    """Let a mail have been given up."""
    [mail] = scene.organisation.execute(
        "INSERT INTO outbox (event_id, recipient_kind, recipient_id, kind, job_id, message_id, state, next_at)"
        " VALUES (uuidv7(), 1, :id, 'job_created', 1, '<a@b>', 'dead', NULL) RETURNING uuid",
        id=scene.organisation["admin"].id,
    )
    return {"uuid": str(mail.uuid)}


def tenant_cases(suffix: str) -> dict[str, tuple[Case, ...]]:
    """Give the cases of one of the tenants' two paths."""
    return {
        f"manage listTenants{suffix}": (Case(TENANTS),),
        f"manage createTenant{suffix}": (Case(TENANTS, body=lambda _: {"tenant_name": unique()}, of_jobs=False),),
        f"manage updateTenant{suffix}": (
            Case(TENANTS, foreign=404, body=lambda scene: {**new_tenant(scene), "tenant_name": "Ada"}, of_jobs=False),
        ),
        f"manage putTenant{suffix}": (
            Case(TENANTS, foreign=404, query=new_tenant, body=lambda _: {"tenant_name": "Ada"}, of_jobs=False),
        ),
        f"manage deleteTenant{suffix}": (Case(TENANTS, foreign=404, body=new_tenant, of_jobs=False),),
        f"manage removeTenant{suffix}": (Case(TENANTS, foreign=404, query=new_tenant, of_jobs=False),),
    }


def by_branch_id(scene: Scene) -> dict[str, Any]:
    return {"branch_id": scene.organisation.insert("branches", name=unique())[0]}


def worker_uuid(scene: Scene) -> dict[str, str]:
    return {"uuid": str(scene.organisation["engineer2"].uuid)}


def progress(scene: Scene) -> dict[str, Any]:
    return {"uuid": str(scene.job_uuid), "status_id": scene.lookups["statuses"]["Assigned"]}


def step_of(scene: Scene, label: str) -> dict[str, Any]:
    """Let somebody set out who is in the job's crew."""
    return {"person_id": scene.organisation[label].id, "step": "travel"}


def letter_in_quarantine(scene: Scene) -> dict[str, str]:
    raw = b"From: somebody@example.org\n\nHello."
    keys = load_key_ring(scene.data / "keys.json")
    return {"uuid": str(quarantine(scene.organisation, keys, raw, job_id=scene.job_id))}


def blocked_sender(scene: Scene) -> dict[str, str]:
    email = f"{uuid4().hex}@example.org"
    scene.organisation.execute("INSERT INTO blocked_senders (email) VALUES (:email)", email=email)
    return {"email": email}


def own_step(scene: Scene) -> dict[str, Any]:
    """Let the contractor set out by themselves; whoever manages jobs may do the same for them."""
    return step_of(scene, "contractor1")


CASES: dict[str, tuple[Case, ...]] = {
    "field getService": (Case(PUBLIC),),
    "field whoami": (Case(SIGNED_IN),),
    "field getChangeToken": (Case(CHANGES),),
    "field listChanges": (Case(CHANGES, path=lambda _: {"token": "0"}),),
    "field listJobs": (Case(READ, query=lambda _: {"start": "2000-01-01", "end": "2060-01-01"}),),
    "field getJob": (Case(READ, foreign=404, path=by_job_ref),),
    "field createJob": (Case((MANAGE,), foreign=404, body=new_field_job),),
    "field updateJob": (
        Case((MANAGE,), foreign=404, path=by_job_ref, body=lambda _: {"description": "Something else."}),
    ),
    "field deleteJob": (Case((MANAGE,), foreign=404, path=by_job_ref),),
    "field dispatchJob": (Case((MANAGE,), foreign=404, path=by_job_ref, of_deferred=True),),
    "field getJobTask": (Case(READ, foreign=404, path=by_task_ref),),
    "field addJobTask": (
        Case((MANAGE,), foreign=404, path=by_job_ref, body=lambda scene: {"task": {"uuid": scene.task_uuid.hex}}),
    ),
    "field updateJobTask": (Case((MANAGE,), foreign=404, path=by_task_ref, body=lambda _: {"done": True}),),
    "field deleteJobTask": (Case((MANAGE,), foreign=404, path=by_task_ref),),
    "field addTaskAttachments": (
        Case((MANAGE,), foreign=404, path=by_task_ref, files={"file": ("a.txt", b"It drips.")}),
    ),
    "field listTaskAttachments": (Case(READ, foreign=404, path=by_task_ref),),
    "field downloadTaskAttachment": (Case(READ, foreign=404, path=by_attachment_ref),),
    "field captionTaskAttachment": (
        Case((MANAGE,), foreign=404, path=by_attachment_ref, body=lambda _: {"caption": "The drip"}),
    ),
    "field deleteTaskAttachment": (Case((MANAGE,), foreign=404, path=by_attachment_ref),),
    "field downloadSigned": (Case(PUBLIC, path=lambda _: {"link": "A" * 96}, everybody=404),),
    "field addAssetAttachments": (
        Case(EDIT_PLACES, foreign=404, path=thing("assets"), files={"file": ("a.txt", b"It drips.")}, of_jobs=False),
    ),
    "field listAssetAttachments": (Case(PLACES, foreign=404, path=thing("assets")),),
    "field downloadAssetAttachment": (Case(PLACES, foreign=404, path=by_asset_attachment_ref),),
    "field captionAssetAttachment": (
        Case(
            EDIT_PLACES,
            foreign=404,
            path=by_asset_attachment_ref,
            body=lambda _: {"caption": "The drip"},
            of_jobs=False,
        ),
    ),
    "field deleteAssetAttachment": (Case(EDIT_PLACES, foreign=404, path=by_asset_attachment_ref, of_jobs=False),),
    **{operation_id: cases for resource in RESOURCES for operation_id, cases in resource.items()},
    "field proposeInvoices": (Case(SEE_INVOICES, foreign=404, body=completed_job, of_jobs=False),),
    "field listInvoices": (Case(SEE_INVOICES),),
    "field getInvoice": (Case(SEE_INVOICES, foreign=404, path=new_invoice),),
    "field createInvoice": (Case(EDIT_INVOICES, foreign=404, body=completed_job, of_jobs=False),),
    "field updateInvoice": (
        Case(EDIT_INVOICES, foreign=404, path=new_invoice, body=lambda _: {"comment": "Thanks."}, of_jobs=False),
    ),
    "field deleteInvoice": (Case(EDIT_INVOICES, foreign=404, path=new_invoice, of_jobs=False),),
    "field listCustomerContacts": (Case(PLACES, foreign=404, path=new_customer),),
    "field listCustomerLocations": (Case(PLACES, foreign=404, path=new_customer),),
    "field listUserExceptions": (Case(OFFICE, foreign=404, path=new_user),),
    "field listUnavailabilityTypes": (Case(OFFICE),),
    "field getBusiness": (Case(OFFICE),),
    "field updateBusiness": (Case(SETTINGS, body=lambda _: {"currency": "GBP"}, of_jobs=False),),
    "field listGroups": (Case(GROUPS, foreign=403, query=with_groups),),
    "field getGroup": (Case(GROUPS, foreign=403, path=new_group),),
    "field createGroup": (
        Case(EDIT_GROUPS, foreign=403, body=lambda scene: {**with_groups(scene), "name": unique()}, of_jobs=False),
    ),
    "field updateGroup": (Case(EDIT_GROUPS, foreign=403, path=new_group, body=named(), of_jobs=False),),
    "field deleteGroup": (Case(EDIT_GROUPS, foreign=403, path=new_group, of_jobs=False),),
    "manage login": (Case(PUBLIC, body=credentials),),
    "manage logout": (Case(SIGNED_IN, body=lambda _: {}),),
    "manage getCsrfToken": (Case(SIGNED_IN),),
    "manage getPermissions": (Case(SIGNED_IN),),
    "manage listJobs": (Case(READ),),
    "manage getJob": (Case(READ, foreign=404, query=by_job_uuid),),
    "manage previewDelete": (Case(READ, foreign=404, query=by_job_uuid),),
    "manage getAssignmentNotificationState": (Case(READ, foreign=404, query=by_job_uuid),),
    "manage listFileTypes": (Case(READ),),
    "manage listJobCreators": (Case(READ),),
    "manage listJobAgents": (Case(READ),),
    "manage listJobContractors": (Case(READ),),
    "manage listJobClients": (Case(READ),),
    "manage listJobCommits": (Case(READ, foreign=404, query=by_job_uuid),),
    "manage restoreJobCommit": (Case((MANAGE,), foreign=404, body=with_commit),),
    "manage sendAssignmentNotification": (Case((MANAGE,), foreign=404, body=by_job_uuid),),
    "manage createJob": (Case((MANAGE,), foreign=404, body=new_manage_job),),
    "manage updateJob": (
        Case((MANAGE, PROGRESS), foreign=404, body=progress, name="status alone"),
        Case((MANAGE,), foreign=404, body=lambda scene: {**by_job_uuid(scene), "job_title": "Else"}, name="title"),
        Case((MANAGE,), foreign=404, body=lambda scene: {**progress(scene), "job_title": "Else"}, name="both"),
    ),
    "manage decideGate": (
        Case(
            DECIDE,
            foreign=404,
            prepare=wait_for_approval,
            body=lambda scene: {**by_uuid_of_job(scene), "decision": "approve"},
        ),
    ),
    "manage approveGate": (Case(DECIDE, foreign=404, prepare=wait_for_approval, body=by_uuid_of_job),),
    "manage rejectGate": (Case(DECIDE, foreign=404, prepare=wait_for_approval, body=by_uuid_of_job),),
    "manage recallJob": (
        Case(
            ("api.jobs.recall.manage",),
            foreign=404,
            prepare=complete,
            body=lambda scene: {**by_uuid_of_job(scene), "is_recall": 1, "reason": "It leaks again."},
        ),
    ),
    "manage markRecallCompleted": (
        Case(("api.jobs.mark_recall_completed.manage",), foreign=404, prepare=recall, body=by_uuid_of_job),
    ),
    "manage deleteJob": (Case((MANAGE,), foreign=404, body=by_job_uuid),),
    "manage listStatuses": (Case(READ),),
    "manage listJobTypes": (Case(READ),),
    "manage listPriorities": (Case(READ),),
    "manage listPaymentStatuses": (Case(READ),),
    "manage listTimeRanges": (Case(READ),),
    "manage listAddresses": (Case(READ),),
    "manage togglePin": (Case(PIN, foreign=404, body=lambda scene: {"job_uuid": str(scene.job_uuid)}),),
    "manage listPinnedJobs": (Case(PIN),),
    "manage listAgents": (Case(AGENTS),),
    "manage listContractors": (Case(CONTRACTORS_LIST),),
    **tenant_cases(""),
    **tenant_cases("InList"),
    "manage listBranches": (Case(GROUPS),),
    "manage enableBranch": (Case(EDIT_GROUPS, foreign=404, body=by_branch_id, of_jobs=False),),
    "manage disableBranch": (Case(EDIT_GROUPS, foreign=404, body=by_branch_id, of_jobs=False),),
    "manage listCalendarJobs": (
        Case(CALENDAR, query=lambda _: {"start_date": "2044-06-01", "end_date": "2044-06-01"}),
    ),
    "manage getDashboardCounts": (Case(DASHBOARD),),
    "web getDashboardCounts": (Case(DASHBOARD),),
    "web getUserPermissions": (Case(ROLES, foreign=404, path=worker_uuid),),
    "web setUserPermission": (
        Case(
            ROLES,
            foreign=404,
            path=lambda scene: {**worker_uuid(scene), "key": "api.jobs.manage.list"},
            body=lambda _: {"standing": "granted"},
            of_jobs=False,
        ),
    ),
    "manage listAmendableFields": (Case(("api.jobs.amendable_fields.manage",), foreign=404, query=by_job_uuid),),
    "manage listAmendRequests": (Case(AMEND),),
    "manage submitAmendRequest": (Case(AMEND, foreign=404, body=amendment),),
    "manage createAmendRequest": (Case(AMEND, foreign=404, body=amendment),),
    "manage decideAmendRequest": (
        Case(DECIDE, foreign=404, body=lambda scene: {**asked_for(scene), "status": "approved"}),
    ),
    "manage approveAmendRequest": (Case(DECIDE, foreign=404, body=asked_for),),
    "manage rejectAmendRequest": (Case(DECIDE, foreign=404, body=asked_for),),
    "manage listDocuments": (Case(DOCUMENTS, foreign=404, query=by_uuid_of_job),),
    "manage downloadDocument": (
        Case(DOCUMENTS, foreign=404, query=lambda scene: {"uuid": by_document_uuid(scene)["document_uuid"]}),
    ),
    "manage uploadDocument": (Case(DOCUMENTS, foreign=404, body=new_document, files={"file": ("a.pdf", PDF)}),),
    "manage removeDocument": (Case(DOCUMENTS, foreign=404, body=by_document_id),),
    "manage deleteDocument": (Case(DOCUMENTS, foreign=404, body=by_document_uuid),),
    "manage restoreArchivedFile": (Case((MANAGE,), foreign=404, body=deleted_photo),),
    "manage listPhotos": (Case(PHOTOS, foreign=404, query=by_uuid_of_job),),
    "manage downloadPhoto": (
        Case(SEE_PHOTOS, foreign=404, query=lambda scene: {"uuid": by_photo_uuid(scene)["photo_uuid"]}),
    ),
    "manage showPhoto": (Case(PUBLIC, path=lambda _: {"link": "A" * 96}, everybody=404),),
    "manage uploadPhotos": (Case(PHOTOS, foreign=404, body=by_uuid_of_job, files={"photo": ("a.jpg", picture())}),),
    "manage listVideoVariants": (
        Case(VIEW_PHOTOS, foreign=404, query=lambda scene: {"uuid": by_photo_uuid(scene)["photo_uuid"]}),
    ),
    "manage removePhoto": (Case(PHOTOS, foreign=404, body=by_photo_id),),
    "manage deletePhoto": (Case(PHOTOS, foreign=404, body=by_photo_uuid),),
    "manage listRemedials": (Case(REMEDIALS, foreign=404, query=by_job_uuid),),
    "manage linkRemedial": (Case(REMEDIALS, foreign=404, body=new_remedial),),
    "manage createRemedial": (Case(REMEDIALS, foreign=404, body=new_remedial),),
    "manage unlinkRemedial": (Case(REMEDIALS, foreign=404, body=linked),),
    "manage deleteRemedial": (Case(REMEDIALS, foreign=404, body=linked),),
    **{f"manage {name}{suffix}": cases for suffix in ("", "Underscored") for name, cases in CASE_NOTES.items()},
    "web listQuarantine": (Case(DECIDE),),
    "web readQuarantined": (Case(DECIDE, foreign=404, path=letter_in_quarantine),),
    "web acceptQuarantined": (Case(DECIDE, foreign=404, path=letter_in_quarantine, body=lambda _: {}),),
    "web discardQuarantined": (Case(DECIDE, foreign=404, path=letter_in_quarantine),),
    "web blockSender": (Case(DECIDE, foreign=404, path=letter_in_quarantine),),
    "web listBlockedSenders": (Case(DECIDE),),
    "web unblockSender": (Case(DECIDE, foreign=404, query=blocked_sender),),
    "web listActivity": (Case(("api.admin.activity.view",)),),
    "web getSlaSettings": (Case(SETTINGS),),
    "web addSlaPolicy": (Case(SETTINGS, foreign=404, body=new_policy, of_jobs=False),),
    "web changeSlaPolicy": (
        Case(SETTINGS, foreign=404, path=policy, body=lambda _: {"warning_minutes": 5}, of_jobs=False),
    ),
    "web removeSlaPolicy": (Case(SETTINGS, foreign=404, path=policy, of_jobs=False),),
    "web setWorkingWeek": (Case(SETTINGS, body=working_week, of_jobs=False),),
    "web setBranchWorkingWeek": (Case(SETTINGS, foreign=404, path=branch_uuid, body=working_week, of_jobs=False),),
    "web resetBranchWorkingWeek": (Case(SETTINGS, foreign=404, path=branch_uuid, of_jobs=False),),
    "web addDayOff": (Case(SETTINGS, body=new_day_off, of_jobs=False),),
    "web removeDayOff": (
        Case(
            SETTINGS,
            foreign=404,
            path=lambda scene: {"uuid": str(scene.organisation.insert("days_off", **new_day_off(scene))[1])},
            of_jobs=False,
        ),
    ),
    "web setPausingStatuses": (Case(SETTINGS, body=lambda _: {"status_ids": []}, of_jobs=False),),
    "manage listSlaStatus": (Case(READ),),
    "manage listSlaBreachedJobs": (Case(BREACHES),),
    "web dispatchJob": (Case((MANAGE,), foreign=404, path=by_job_uuid, of_deferred=True),),
    "web signIn": (Case(PUBLIC, body=credentials),),
    "web signOut": (Case(PUBLIC),),
    "web checkSetUpLink": (Case(PUBLIC, body=lambda _: {"secret": "made up"}, everybody=404),),
    "web setUp": (Case(PUBLIC, body=set_up, everybody=404),),
    "web getMe": (Case(SIGNED_IN),),
    "web getMailPreferences": (Case(SIGNED_IN),),
    "web setMailPreferences": (Case(SIGNED_IN, body=lambda _: {"off": []}),),
    "web getMailSettings": (Case(SETTINGS),),
    "web setMailKinds": (Case(SETTINGS, body=lambda _: {"off": []}),),
    "web listMails": (Case(SETTINGS),),
    "web sendMailAgain": (Case(SETTINGS, foreign=404, path=dead_mail, of_jobs=False),),
    "web setContactMail": (
        Case(TENANTS, foreign=404, path=new_tenant, body=lambda _: {"takes_mail": False}, of_jobs=False),
    ),
    "web getLookups": (Case(READ),),
    "web queryJobs": (Case(READ, body=lambda _: {}),),
    "web hydrateJobs": (Case(READ, body=lambda scene: {"ids": [scene.job_id]}),),
    "web listJobNotes": (Case(NOTES, foreign=404, path=by_job_uuid),),
    "web addJobNote": (Case(NOTES, foreign=404, path=by_job_uuid, body=lambda _: {"text": "Hello"}),),
    "web getJob": (Case(READ, foreign=404, path=by_job_uuid),),
    "web listJobHistory": (Case(READ, foreign=404, path=by_job_uuid),),
    "web moveCrewMember": (
        Case((MANAGE,), foreign=404, path=by_job_uuid, body=lambda scene: step_of(scene, "engineer1"), name="other"),
        Case((MANAGE, PROGRESS), foreign=404, path=by_job_uuid, body=own_step, name="own"),
    ),
    "web cancelJob": (Case((MANAGE,), foreign=404, path=by_job_uuid, body=lambda _: {}),),
    "web setSlots": (Case((MANAGE,), foreign=404, path=by_job_uuid, body=lambda _: {"slots": []}),),
    "web setPlanning": (
        Case((MANAGE,), foreign=404, path=by_job_uuid, body=lambda _: {"scheduled_state": "confirmed"}),
    ),
    "web getChoices": (Case(SETTINGS),),
    **{operation_id: cases for choices in CHOICES for operation_id, cases in choices.items()},
    "web getOrganisation": (Case(SETTINGS),),
    "web changeOrganisation": (Case(SETTINGS, body=lambda _: {"currency": "GBP"}, of_jobs=False),),
    "web getRoles": (Case((*ROLES, *USERS)),),
    "web addRole": (Case(ROLES, body=named(permission_keys=[]), of_jobs=False),),
    "web changeRole": (Case(ROLES, foreign=404, path=new_role, body=named(), of_jobs=False),),
    "web removeRole": (Case(ROLES, foreign=404, path=new_role, of_jobs=False),),
    "web listUsers": (Case(USERS),),
    "web inviteUser": (Case(USERS, foreign=404, body=invitation, of_jobs=False),),
    "web changeUser": (
        Case(USERS, foreign=404, path=new_member, body=lambda _: {"phone": "07700 900000"}, of_jobs=False),
    ),
    "web makePasswordLink": (Case(USERS, foreign=404, path=new_member, body=lambda _: {}, of_jobs=False),),
    "web endSessions": (Case(USERS, foreign=404, path=new_member, of_jobs=False),),
    "web listApiKeys": (Case(USERS, foreign=404, path=new_member),),
    "web addApiKey": (Case(USERS, foreign=404, path=new_member, body=lambda _: {}, of_jobs=False),),
    "web revokeApiKey": (Case(USERS, foreign=404, path=with_api_key, of_jobs=False),),
    "web checkPasswordLink": (Case(PUBLIC, body=lambda _: {"secret": "made up"}, everybody=404),),
    "web setPassword": (
        Case(PUBLIC, body=lambda _: {"secret": "made up", "password": "a password for tests"}, everybody=404),
    ),
    "web getRateLimits": (Case(SETTINGS),),
    "web setRateLimits": (Case(SETTINGS, body=lambda _: {"everything": None, "operations": []}, of_jobs=False),),
    "web listBranches": (Case(EDIT_GROUPS),),
    "web addBranch": (Case(EDIT_GROUPS, body=named(), of_jobs=False),),
    "web changeBranch": (Case(EDIT_GROUPS, foreign=404, path=new_branch, body=named(), of_jobs=False),),
    "web removeBranch": (Case(EDIT_GROUPS, foreign=404, path=new_branch, of_jobs=False),),
    "web listFilms": (Case(SEE_PHOTOS, foreign=404, path=by_job_uuid),),
    "web retryFilm": (Case(PHOTOS, foreign=404, path=by_failed_film),),
    "web setPin": (Case(PIN, foreign=404, path=by_job_uuid, body=lambda _: {"pinned": True}),),
}

ACCOUNTS = ("admin", "manager", "engineer1", "agent1", "landlord1", "tenant1", "contractor1", "stranger", "nobody")
OPERATIONS = {f"{operation.api} {operation.operation_id}": operation for _, _, table in APIS for operation in table}


def test_every_operation_is_in_the_matrix() -> None:
    assert sorted(CASES) == sorted(OPERATIONS)


class Stage:
    """Where it plays: an organisation with accounts of every kind, and another one."""

    def __init__(self, server: TestServer, home: TestOrganisation, elsewhere: TestOrganisation) -> None:
        self.server = server
        self.home = home
        self.elsewhere = elsewhere
        self.data = server.log.parent
        self._task_id, self._task_uuid = home.insert("catalogue_tasks", name="Boiler service")
        self._secrets: dict[tuple[str, str], str] = {}

    def scene(self, label: str, *, is_deferred: bool) -> Scene:
        """Make a job that all accounts see: of the agent's and landlord's branch, the contractor's and the tenant's."""
        job_id, job_uuid = self.home.insert_job(
            title=MARK,
            contractor_id=self.home["contractor1"].id,
            scheduled_at="2044-06-01T14:00:00Z",
            **({"notification_delta": 2, "notification_minutes": 120} if is_deferred else {}),
        )
        self.home.execute(
            "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
            job=job_id,
            contact=self.home.contact_id,
        )
        task_id, _ = self.home.insert(
            "job_tasks",
            job_id=job_id,
            position=0,
            catalogue_task_id=self._task_id,
            unit_cost=0,
            unit_price=0,
        )
        # Whose hours are still running elsewhere could not set out for this one.
        self.home.execute("DELETE FROM worked_hours WHERE organisation_id = :home", home=self.home.id)
        for position, member in enumerate(("engineer1", "contractor1")):
            self.home.execute(
                "INSERT INTO job_crew (job_id, person_id, position) VALUES (:job, :person, :position)",
                job=job_id,
                person=self.home[member].id,
                position=position,
            )
        account = self.elsewhere["admin"] if label == "stranger" else self.home[OTHERS.get(label, label)]
        return Scene(self.home, job_id, job_uuid, self._task_uuid, task_id, self.data, account.email, account.password)

    def credential(self, api: str, label: str, *, is_spent: bool) -> dict[str, str]:
        """Give the header of an account's credential for one API; a new one where the request ends it."""
        if label == "nobody":
            return {}
        organisation, label = (self.elsewhere, "admin") if label == "stranger" else (self.home, label)
        if api == "field":
            return {"Authorization": f"Token {organisation[label].api_key}"}
        known = (api, f"{organisation.id} {label}")
        if is_spent or known not in self._secrets:
            self._secrets[known] = secret = new_secret()
            organisation.insert(
                "credentials",
                kind="bearer" if api == "manage" else "session",
                secret_hash=hash_secret(secret),
                person_id=organisation[label].id,
            )
        secret = self._secrets.pop(known) if is_spent else self._secrets[known]
        return {"Authorization": f"Bearer {secret}"} if api == "manage" else {"Cookie": f"firstfix_session={secret}"}


OTHERS = {"nobody": "engineer2"}
"""Whose password is used by who has no credential: signing in is for everybody."""
ENDS_CREDENTIAL = {"manage logout", "web signIn", "web signOut"}


@pytest.fixture(scope="module")
def stage(server: TestServer, make_organisation: MakeOrganisation) -> Stage:
    """Two organisations for all of these tests."""
    return Stage(server, make_organisation(), make_organisation())


@pytest.mark.parametrize(
    ("operation_id", "case"),
    [pytest.param(id_, case, id=f"{id_} {case.name}".strip()) for id_, cases in CASES.items() for case in cases],
)
async def test_only_who_holds_the_key_is_answered(stage: Stage, operation_id: str, case: Case) -> None:
    statuses, changed, leaked = {}, set(), set()
    scene = stage.scene("admin", is_deferred=case.of_deferred)
    for label in ACCOUNTS:
        if OPERATIONS[operation_id].method != "GET" and case.of_jobs:
            scene = stage.scene(label, is_deferred=case.of_deferred)
        case.prepare(scene)
        before = read_job(scene)

        reply = await ask(stage, scene, operation_id, case, label)

        statuses[label] = reply.status_code
        if MARK in reply.text:
            leaked.add(label)
        if read_job(scene) != before:
            changed.add(label)

    assert statuses == {label: expected_status(operation_id, case, label) for label in ACCOUNTS}
    refused = {label for label, status in statuses.items() if status >= 400}
    assert changed.isdisjoint(refused | {"stranger", "nobody"})
    assert leaked.isdisjoint(refused | {"stranger", "nobody"})


def expected_status(operation_id: str, case: Case, label: str) -> int:
    success = case.everybody or OPERATIONS[operation_id].status
    if case.needs == PUBLIC:
        return success
    if label == "nobody":
        return 401
    if case.needs != SIGNED_IN and not any(holds(label, key) for key in case.needs):
        return 403
    return case.foreign or success if label == "stranger" else success


def read_job(scene: Scene) -> list[Any]:
    return scene.organisation.execute("SELECT * FROM jobs WHERE id = :id", id=scene.job_id)


async def ask(stage: Stage, scene: Scene, operation_id: str, case: Case, label: str) -> httpx.Response:
    """Send the operation's request with the account's credential for that API."""
    operation = OPERATIONS[operation_id]
    headers = stage.credential(operation.api, label, is_spent=operation_id in ENDS_CREDENTIAL)
    if operation.api == "web":
        headers |= {"X-Firstfix": "1", "Sec-Fetch-Site": "same-origin"}
    path = operation.path.replace(":str", "").format(**case.path(scene))
    query = case.query(scene)
    body = None if case.body is None else case.body(scene)
    if operation.action is not None:
        (query if body is None else body)["action"] = operation.action
    async with stage.server.client(**headers) as client:
        if operation.api == "manage" and operation.method != "GET" and label != "nobody":
            token = await client.get("/api/security/csrf-token")
            client.headers["X-CSRF-Token"] = token.json()["data"]["token"]
        sent = {"json": body} if case.files is None else {"data": body, "files": case.files}
        return await client.request(operation.method, path, params=query, **sent)
