"""Signatures of jobs: how they stand in a job, and the pictures that their links lead to."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.api.downloads import FileAnswer, answer_with_file
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.job_lists import READ_JOBS
from firstfix.api.field.operations import operation
from firstfix.api.operations import PUBLIC
from firstfix.api.services import Services
from firstfix.api.signed_links import LINK_SECONDS, SignedLink, find_link
from firstfix.domain.access.queries import NotAuthenticated, PermissionMissing
from firstfix.domain.files.errors import FileNotFound
from firstfix.domain.files.signatures import get_signature_content
from firstfix.kit.sealing import KeyRing

UNSIGNED = ',"pre_signature":null,"signature":null}'
"""How a job ends that nobody signed for."""
SIGNATURES_SQL = """
    SELECT json_build_object('organisation_id', jobs.organisation_id, 'at', extract(epoch FROM now())::bigint,
        'signed', json_agg(json_build_object('file', files.uuid, 'is_before', job_signatures.is_before,
            'terms_accepted', job_signatures.terms_accepted, 'is_shown', job_signatures.is_shown,
            'name', job_signatures.signed_by)))::text
    FROM job_signatures JOIN files
        ON files.organisation_id = job_signatures.organisation_id AND files.id = job_signatures.file_id
    WHERE job_signatures.organisation_id = jobs.organisation_id AND job_signatures.job_id = jobs.id
    HAVING count(*) > 0"""
"""Text for `with_signatures`; null where there is none."""


class Signature(Struct, kw_only=True):
    """A signature. Its picture is behind a link that lasts a quarter of an hour and needs no key."""

    url: str
    terms_accepted: bool
    is_shown: bool
    name: str | None


class _Signed(Struct):
    file: UUID
    is_before: bool
    terms_accepted: bool
    is_shown: bool
    name: str | None


class _Signatures(Struct):
    organisation_id: int
    at: int
    signed: list[_Signed]


def with_signatures(body: str, signatures: str | None, *, person_id: int | None, base_url: str, ring: KeyRing) -> bytes:
    """Write a job with its signatures, whose links are made for who reads it.

    Args:
        body: The job, which ends as one that nobody signed for.
        signatures: What `SIGNATURES_SQL` found.
        person_id: Who reads it.
        base_url: What links begin with.
        ring: The keys that sign them.
    """
    if signatures is None or person_id is None:
        return body.encode()
    found = msgspec.json.decode(signatures, type=_Signatures)
    written: dict[str, Any] = {"pre_signature": None, "signature": None}
    for signed in found.signed:
        link = SignedLink(
            organisation_id=found.organisation_id,
            person_id=person_id,
            file=signed.file,
            expires_at=found.at + LINK_SECONDS,
        )
        written["pre_signature" if signed.is_before else "signature"] = Signature(
            url=f"{base_url}/file/{link.write(ring)}",
            terms_accepted=signed.terms_accepted,
            is_shown=signed.is_shown,
            name=signed.name,
        )
    return body.removesuffix(UNSIGNED).encode() + b"," + msgspec.json.encode(written)[1:]


@operation("GET", "/file/{link:str}", key=PUBLIC, operation_id="downloadSigned", reply=FileAnswer)
async def download_signed(exchange: Exchange, services: Services, link: str) -> Answer:
    """Send the picture that a signed link leads to, while it lasts and its person may see the job."""
    signed = find_link(link, services.database.keys)
    if signed is None:
        raise FileNotFound
    try:
        async with services.database.work_of(
            signed.organisation_id, signed.person_id, operation_keys=READ_JOBS, source="field"
        ) as work:
            if work.now.timestamp() >= signed.expires_at:
                raise FileNotFound
            content = await get_signature_content(work, signed.file)
    except (NotAuthenticated, PermissionMissing) as refusal:
        raise FileNotFound from refusal
    return answer_with_file(exchange, content)
