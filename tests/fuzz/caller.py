"""Whoever sends the generated requests: shows the credential that each API asks for, and knows what there is."""

import zlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import requests
from schemathesis import Case, Response

from firstfix.kit.secrets import hash_secret, new_secret
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import PATIENCE_SECONDS

ENDS_CREDENTIAL = {"manageLogout", "signOut"}
SIGNS_IN = {"manageLogin", "signIn"}


class Caller:
    """An administrator."""

    def __init__(self, server: TestServer, organisation: TestOrganisation) -> None:
        self.server = server
        self.organisation = organisation
        self._session = requests.Session()
        self._secrets = {"bearer": self._new_credential("bearer"), "session": self._new_credential("session")}
        self._job: UUID | None = None
        places = organisation.ids
        self._known: dict[str, Callable[[], object]] = {
            "uuid": self._job_uuid,
            "job_uuid": self._job_uuid,
            "job_ref": self._job_uuid,
            "status_id": lambda: places["statuses"]["Assigned"],
            "priority_id": lambda: places["priorities"]["High"],
            "job_type_id": lambda: places["job_types"]["Roofing"],
            "branch_id": lambda: places["branches"]["South"],
            "time_range_id": lambda: places["time_ranges"]["Morning"],
            "payment_status_id": lambda: places["payment_statuses"]["Paid"],
            "address_id": lambda: organisation.location_id,
            "agent_id": lambda: organisation["agent1"].id,
            "contractor_id": lambda: organisation["contractor1"].id,
            "tenants_ids": lambda: [organisation.contact_id],
            "location": lambda: {"uuid": organisation.location_uuid.hex},
            "jobLead": lambda: {"uuid": organisation["engineer1"].uuid.hex},
            "start": lambda: "2000-01-01",
            "end": lambda: "2060-01-01",
            "token": lambda: "0",
        }

    def send(self, case: Case[Any]) -> Response:
        """Send a generated request: half of what it names is put in place of things that there are."""
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                self._put_known(part)
        response = case.call(
            base_url=self.server.base_url,
            session=self._session,
            headers=self._headers_for(case),
            timeout=PATIENCE_SECONDS,
        )
        if _id_of(case) in SIGNS_IN:
            # All tests of a worker come from one address, and its failures would shut the others out.
            self.organisation.execute("DELETE FROM sign_in_failures")
        return response

    def _put_known(self, part: dict[str, Any]) -> None:
        for name in self._known.keys() & part.keys():
            if zlib.crc32(repr(part[name]).encode()) % 2:
                part[name] = self._known[name]()

    def _job_uuid(self) -> str:
        """Give a job that there is, a new one where the last was deleted."""
        rows = self.organisation.execute("SELECT 1 FROM jobs WHERE uuid = :uuid", uuid=self._job)
        if not rows:
            _, self._job = self.organisation.insert_job(scheduled_at="2024-06-01T14:00:00Z")
        return str(self._job)

    def _headers_for(self, case: Case[Any]) -> dict[str, str]:
        ends = _id_of(case) in ENDS_CREDENTIAL
        if case.path.startswith("/web/"):
            session = self._new_credential("session") if ends else self._secrets["session"]
            return {"Cookie": f"firstfix_session={session}", "X-Firstfix": "1", "Sec-Fetch-Site": "same-origin"}
        if not case.path.startswith("/api/"):
            return {"Authorization": f"Token {self.organisation['admin'].api_key}"}
        bearer = self._new_credential("bearer") if ends else self._secrets["bearer"]
        headers = {"Authorization": f"Bearer {bearer}"}
        if case.method.upper() != "GET":
            token = self._session.get(
                f"{self.server.base_url}/api/security/csrf-token", headers=headers, timeout=PATIENCE_SECONDS
            )
            headers["X-CSRF-Token"] = token.json()["data"]["token"]
        return headers

    def _new_credential(self, kind: str) -> str:
        secret = new_secret()
        self.organisation.insert(
            "credentials", kind=kind, secret_hash=hash_secret(secret), person_id=self.organisation["admin"].id
        )
        return secret


def _id_of(case: Case[Any]) -> str:
    operation_id: str = case.operation.definition.raw["operationId"]
    return operation_id
