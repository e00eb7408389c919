"""`/api/jobs/video-variants`: at which sizes a film can be played."""

from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.job_names import read_uuid
from firstfix.api.manage.operations import operation
from firstfix.api.manage.photos import address_of
from firstfix.api.manage.replies import Reply, Success
from firstfix.api.services import Services
from firstfix.domain.files.errors import PhotoNotFound
from firstfix.domain.people.permissions import VIEW_PHOTOS
from firstfix.domain.work import AccountType

PATH = "/api/jobs/video-variants"


class VideoVariant(Struct, kw_only=True):
    """A film at one size. `url` is a path on this host, for whoever holds it, a quarter of an hour.

    Of what came nobody may have looked how large it is and how long it plays; then that is null.
    """

    label: str
    width: int | None
    height: int | None
    bitrate_kbps: int | None
    size_bytes: int
    mime_type: str
    url: str


class VideoVariants(Struct, kw_only=True):
    """A film as it came, and at other sizes, the largest first: none until they are made, nor of a still."""

    uuid: UUID
    original: VideoVariant
    variants: list[VideoVariant]


class VideoVariantsReply(Success[VideoVariants], kw_only=True):
    """The same, with the variants once more beside the data."""

    variants: list[VideoVariant]


class PhotoName(Struct, kw_only=True):
    """Which film."""

    uuid: str


class _Read(Struct, kw_only=True):
    """A film as it was read; `file` is what its address leads to."""

    label: str
    width: int | None
    height: int | None
    bitrate_kbps: int | None
    size_bytes: int
    mime_type: str
    file: UUID


class _Found(Struct):
    organisation_id: int
    at: int
    original: _Read
    variants: list[_Read]


@operation("GET", PATH, key=VIEW_PHOTOS, operation_id="listVideoVariants", reply=VideoVariantsReply)
async def list_video_variants(reads: HotReads, services: Services, query: PhotoName) -> Reply:
    """List the sizes at which a film can be played."""
    (text,) = await reads.row(film, {"uuid": read_uuid("uuid", query.uuid)})
    if text is None:
        raise PhotoNotFound
    found = msgspec.json.decode(text, type=_Found)

    def told(read: _Read) -> VideoVariant:
        url = address_of(
            read.file,
            services.database.keys,
            organisation_id=found.organisation_id,
            person_id=reads.person_id,
            at=found.at,
        )
        return VideoVariant(
            label=read.label,
            width=read.width,
            height=read.height,
            bitrate_kbps=read.bitrate_kbps,
            size_bytes=read.size_bytes,
            mime_type=read.mime_type,
            url=url,
        )

    variants = [told(variant) for variant in found.variants]
    data = VideoVariants(uuid=found.original.file, original=told(found.original), variants=variants)
    return Reply(data=data, top={"variants": variants})


def film(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that reads a film, and what was made of it."""
    return f"""
SELECT json_build_object('organisation_id', photo.organisation_id, 'at', extract(epoch FROM now())::bigint,
    'original', json_build_object('label', 'original', 'width', job_photos.width, 'height', job_photos.height,
        'bitrate_kbps', round(photo.size_bytes * 8.0 / nullif(job_photos.duration_ms, 0)),
        'size_bytes', photo.size_bytes, 'mime_type', photo.mime_type, 'file', photo.uuid),
    'variants', (SELECT coalesce(json_agg(json_build_object('label', photo_variants.label,
            'width', photo_variants.width, 'height', photo_variants.height,
            'bitrate_kbps', photo_variants.bitrate_kbps, 'size_bytes', files.size_bytes,
            'mime_type', files.mime_type, 'file', files.uuid) ORDER BY photo_variants.height DESC), '[]')
        FROM photo_variants JOIN files
            ON files.organisation_id = photo_variants.organisation_id AND files.id = photo_variants.file_id
        WHERE photo_variants.organisation_id = photo.organisation_id AND photo_variants.photo_id = photo.id
            AND files.mime_type = 'video/mp4'))::text
FROM files AS photo
JOIN job_photos ON job_photos.organisation_id = photo.organisation_id AND job_photos.file_id = photo.id
JOIN jobs ON jobs.organisation_id = job_photos.organisation_id AND jobs.id = job_photos.job_id
WHERE photo.uuid = %(uuid)s AND photo.archived_at IS NULL AND {visible}"""  # noqa: S608 (pieces of ours)
