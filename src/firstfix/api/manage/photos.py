"""`/api/jobs/photos`: photos and films of jobs."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.api.downloads import CONTENT_SQL, FileAnswer, answer_with_file
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.fields import Id
from firstfix.api.manage.job_names import JobName, find_reference, read_id_or_uuid, read_uuid
from firstfix.api.manage.job_reads import BY_ID, BY_UUID, read_of_job
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Done, Reply, Success
from firstfix.api.operations import PUBLIC
from firstfix.api.services import Services
from firstfix.api.shown import full_name, instant
from firstfix.api.signed_links import LINK_SECONDS, SignedLink, find_link
from firstfix.api.work_reads import read_in
from firstfix.domain.access.queries import NotAuthenticated, PermissionMissing
from firstfix.domain.files.errors import FileNotFound, PhotoNotFound
from firstfix.domain.files.photos import add_photos, archive_photo, get_photo_content
from firstfix.domain.files.views import FileContent, GivenFile, Moment
from firstfix.domain.people.permissions import MANAGE_PHOTOS, VIEW_PHOTOS
from firstfix.domain.work import AccountType, Work
from firstfix.kit.sealing import KeyRing

PATH = "/api/jobs/photos"
CONTENT_PATH = f"{PATH}/content"
SEE_PHOTOS = (MANAGE_PHOTOS, VIEW_PHOTOS)


class Photo(Struct, kw_only=True):
    """A photo or a film. `url` and `thumbnail_url` are paths on this host, good for a quarter of an hour without a key.

    A film has its variants once it is `ready`; of one that is `processing` or `failed` only the original can be played.
    """

    id: int
    uuid: UUID
    type: Moment
    file_name: str
    mime_type: str
    size_bytes: int
    width: int | None
    height: int | None
    duration_seconds: float | None
    is_video: bool
    caption: str
    status: Literal["processing", "ready", "failed"]
    url: str
    thumbnail_url: str | None
    uploaded_by_name: str | None
    created_at: datetime


class PhotosByType(Struct, kw_only=True):
    """The photos of a job by the moment of the work, each in the order in which they came."""

    before: list[Photo]
    during: list[Photo]
    after: list[Photo]
    other: list[Photo]


class PhotoUpload(JobName, kw_only=True):
    """Which job photos are of. The files are parts of any name, usually `photo` or `file`."""

    type: Moment = "other"
    caption: str = ""


class PhotoId(Struct, kw_only=True):
    """Which photo, by number or uuid."""

    id: Id | None = None
    photo_uuid: str | None = None
    uuid: str | None = None

    def read(self, *, usual: str) -> int | UUID:
        """Read it.

        Raises:
            BadRequest: Neither was given, or no uuid.
        """
        return read_id_or_uuid(self.id, usual=usual, photo_uuid=self.photo_uuid, uuid=self.uuid)


class PhotoContent(Struct, kw_only=True):
    """Which photo to send, or which variant of it: `thumbnail`, or of a film the label of a size, such as `720p`."""

    uuid: str
    variant: str | None = None


class _Found(Struct):
    """What the statement finds: photos without their addresses, and the files that those lead to."""

    organisation_id: int
    at: int
    photos: list[dict[str, Any]]


@operation("GET", PATH, action="list", key=MANAGE_PHOTOS, operation_id="listPhotos", reply=Success[PhotosByType])
async def list_photos(reads: HotReads, services: Services, query: JobName) -> Reply:
    """List the photos and films of a job, by the moment of the work."""
    (found,) = await read_of_job(reads, query, photos, photos_by_id, usual="job_uuid")
    grouped: dict[str, list[dict[str, Any]]] = {"before": [], "during": [], "after": [], "other": []}
    for photo in _with_addresses(found, reads.person_id, services.database.keys):
        grouped[photo["type"]].append(photo)
    return Reply(data=grouped)


@operation("GET", PATH, action="download", key=SEE_PHOTOS, operation_id="downloadPhoto", reply=FileAnswer)
async def download_photo(reads: HotReads, exchange: Exchange, query: PhotoContent) -> Answer:
    """Send a photo or a film, a variant of one, or one range of it."""
    named = {"uuid": read_uuid("uuid", query.uuid), "variant": query.variant}
    (content,) = await reads.row(one_content, named)
    if content is None:
        raise PhotoNotFound
    return answer_with_file(exchange, msgspec.json.decode(content, type=FileContent))


@operation("GET", f"{CONTENT_PATH}/{{link:str}}", key=PUBLIC, operation_id="showPhoto", reply=FileAnswer)
async def show_photo(exchange: Exchange, services: Services, link: str) -> Answer:
    """Send what a signed link leads to, while it lasts and its person may see the photo."""
    signed = find_link(link, services.database.keys)
    if signed is None:
        raise FileNotFound
    try:
        async with services.database.work_of(
            signed.organisation_id, signed.person_id, operation_keys=SEE_PHOTOS, source="manage"
        ) as work:
            if work.now.timestamp() >= signed.expires_at:
                raise FileNotFound
            content = await get_photo_content(work, signed.file)
    except (NotAuthenticated, PermissionMissing) as refusal:
        raise FileNotFound from refusal
    return answer_with_file(exchange, content)


@operation(
    "POST",
    PATH,
    action="upload",
    key=MANAGE_PHOTOS,
    operation_id="uploadPhotos",
    status=201,
    reply=Success[list[Photo]],
    accepts="photo",
)
async def upload_photos(work: Work, services: Services, data: PhotoUpload, files: list[GivenFile]) -> Reply:
    """Add photos and films (JPEG, PNG, MP4) to a job. Photos keep their pixels and nothing else."""
    if not files:
        raise invalid_parameter("photo")
    job = await find_reference(work, data, usual="job_id")
    ids = await add_photos(work, job, files, moment=data.type, caption=data.caption)
    (found,) = await read_in(work, new_photos, {"ids": ids}) or ("",)
    return Reply(data=_with_addresses(found, work.actor.person_id, services.database.keys))


@operation("DELETE", PATH, key=MANAGE_PHOTOS, operation_id="removePhoto", reply=Done)
async def remove_photo(work: Work, data: PhotoId) -> Reply:
    """Delete a photo or a film. It can be restored for 30 days."""
    await archive_photo(work, data.read(usual="id"))
    return Reply(message="Photo deleted successfully")


@operation("POST", PATH, action="delete", key=MANAGE_PHOTOS, operation_id="deletePhoto", reply=Done)
async def delete_photo(work: Work, data: PhotoId) -> Reply:
    """Delete a photo or a film. It can be restored for 30 days."""
    await archive_photo(work, data.read(usual="photo_uuid"))
    return Reply(message="Photo deleted successfully")


def photos(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that reads the photos of a job."""
    return _photos_of(f"{visible} AND {BY_UUID}")


def photos_by_id(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that reads the photos of a job, by number."""
    return _photos_of(f"{visible} AND {BY_ID}")


def new_photos(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (who has added them sees them)
    """Write the statement that reads photos that a work has added."""
    return f"SELECT {_photos('job_photos.file_id = ANY (%(ids)s::bigint[])')}"


def one_content(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that finds what is needed to send a photo, or a variant of it."""
    return f"""
SELECT (SELECT {CONTENT_SQL} FROM files WHERE files.organisation_id = photo.organisation_id AND files.id =
    CASE WHEN %(variant)s::text IS NULL THEN photo.id ELSE (
        SELECT photo_variants.file_id FROM photo_variants
        WHERE photo_variants.organisation_id = photo.organisation_id AND photo_variants.photo_id = photo.id
            AND photo_variants.label = %(variant)s::text) END)::text
FROM files AS photo
JOIN job_photos ON job_photos.organisation_id = photo.organisation_id AND job_photos.file_id = photo.id
JOIN jobs ON jobs.organisation_id = job_photos.organisation_id AND jobs.id = job_photos.job_id
WHERE photo.uuid = %(uuid)s AND photo.archived_at IS NULL AND {visible}"""  # noqa: S608 (pieces of ours)


def _photos_of(where: str) -> str:
    of_job = "job_photos.organisation_id = jobs.organisation_id AND job_photos.job_id = jobs.id"
    return f"SELECT {_photos(of_job)}, jobs.id FROM jobs WHERE {where}"  # noqa: S608 (as above)


def _photos(where: str) -> str:
    return f"""json_build_object('organisation_id', me.organisation_id, 'at', extract(epoch FROM now())::bigint,
    'photos', (SELECT coalesce(json_agg(photo ORDER BY photo.id), '[]') FROM (
        SELECT files.id, files.uuid, job_photos.moment AS type, files.file_name, files.mime_type, files.size_bytes,
            job_photos.width, job_photos.height, round(job_photos.duration_ms / 1000.0, 3) AS duration_seconds,
            files.mime_type = 'video/mp4' AS is_video, files.caption, files.state AS status, NULL AS url,
            (SELECT small.uuid FROM photo_variants JOIN files AS small
                ON small.organisation_id = photo_variants.organisation_id AND small.id = photo_variants.file_id
             WHERE photo_variants.organisation_id = job_photos.organisation_id
                AND photo_variants.photo_id = job_photos.file_id AND photo_variants.label = 'thumbnail'
            ) AS thumbnail_url,
            {full_name("people")} AS uploaded_by_name, {instant("files.created_at")} AS created_at
        FROM job_photos
        JOIN files ON files.organisation_id = job_photos.organisation_id AND files.id = job_photos.file_id
        LEFT JOIN people ON people.organisation_id = files.organisation_id AND people.id = files.uploaded_by_id
        WHERE {where} AND files.archived_at IS NULL
    ) AS photo))::text"""  # noqa: S608 (as above)


def address_of(file: UUID, ring: KeyRing, *, organisation_id: int, person_id: int | None, at: int) -> str:
    """Write the path by which somebody gets at a photo, or at a variant of one, for a quarter of an hour.

    Args:
        file: Which one.
        ring: The keys that sign it.
        organisation_id: Whose it is.
        person_id: For whom it is made.
        at: The time now, in Unix time.
    """
    link = SignedLink(
        organisation_id=organisation_id, person_id=person_id or 0, file=file, expires_at=at + LINK_SECONDS
    )
    return f"{CONTENT_PATH}/{link.write(ring)}"


def _with_addresses(found: str, person_id: int | None, ring: KeyRing) -> list[dict[str, Any]]:
    """Give photos their addresses, made for who reads them."""
    read = msgspec.json.decode(found, type=_Found)

    def address(file: str) -> str:
        return address_of(UUID(file), ring, organisation_id=read.organisation_id, person_id=person_id, at=read.at)

    return [
        photo
        | {
            "url": address(photo["uuid"]),
            "thumbnail_url": None if photo["thumbnail_url"] is None else address(photo["thumbnail_url"]),
        }
        for photo in read.photos
    ]
