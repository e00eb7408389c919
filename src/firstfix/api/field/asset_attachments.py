"""Files attached to an asset: putting them there, listing, fetching, captioning and deleting them."""

import msgspec
from msgspec import Struct

from firstfix.api.downloads import FileAnswer, answer_with_file
from firstfix.api.exchange import Answer, Exchange, RawJson
from firstfix.api.field.attachment_shape import OF_ASSETS, Attachment, Caption, attachment_of, caption_of
from firstfix.api.field.operations import operation
from firstfix.api.hot_reads import HotReads
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.files import attachments
from firstfix.domain.files.attachments import AssetPlace
from firstfix.domain.files.errors import AttachmentNotFound
from firstfix.domain.files.views import FileContent, GivenFile
from firstfix.domain.people.permissions import MANAGE_PLACES, VIEW_PLACES
from firstfix.domain.places.policies import visible_places_sql
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import find_uuid

_PATH = "/asset/{ref:str}/attachment/"
_ONE = _PATH + "{attachment_ref:str}"


class FilesOfAsset(Struct, frozen=True):
    """The statement about files of one asset: a row where it is visible.

    Args:
        told: SQL of what is asked about the files of `assets`, as JSON.
    """

    told: str

    def __call__(self, _visible: str, account_type: AccountType) -> str:
        """Write it."""
        return f"""
            SELECT assets.uuid, ({self.told})::text FROM assets
            WHERE assets.uuid = %(asset)s AND {visible_places_sql("assets", account_type)}"""  # noqa: S608 (pieces of ours)


async def check_upload(work: Work, *, ref: str) -> None:
    """Refuse an upload to an asset that is not there before its body comes."""
    await attachments.require_place(work, AssetPlace(ref))


@operation("POST", _PATH, key=MANAGE_PLACES, operation_id="addAssetAttachments", status=201, check=check_upload)
async def add_asset_attachments(work: Work, ref: str, files: list[GivenFile]) -> list[Attachment]:
    """Attach one or more files to an asset."""
    return [attachment_of(file) for file in await attachments.attach(work, AssetPlace(ref), files)]


@operation("GET", _PATH, key=VIEW_PLACES, operation_id="listAssetAttachments", reply=list[Attachment])
async def list_asset_attachments(reads: HotReads, ref: str) -> RawJson:
    """List the files that are attached to an asset, in the order in which they came."""
    body = await _read(reads, ref, OF_ASSETS.all_sql)
    return RawJson((body or "[]").encode())


@operation("GET", _ONE, key=VIEW_PLACES, operation_id="downloadAssetAttachment", reply=FileAnswer)
async def download_asset_attachment(reads: HotReads, exchange: Exchange, ref: str, attachment_ref: str) -> Answer:
    """Fetch a file that is attached to an asset, or one range of it."""
    body = await _read(reads, ref, OF_ASSETS.content_sql, attachment=find_uuid(attachment_ref))
    if body is None:
        raise AttachmentNotFound(attachment_ref)
    return answer_with_file(exchange, msgspec.json.decode(body, type=FileContent))


@operation("PUT", _ONE, key=MANAGE_PLACES, operation_id="captionAssetAttachment", status=204)
async def caption_asset_attachment(work: Work, ref: str, attachment_ref: str, data: Caption) -> None:
    """Set the caption of a file that is attached to an asset."""
    await attachments.caption_attachment(work, AssetPlace(ref), attachment_ref, caption=caption_of(data))


@operation("DELETE", _ONE, key=MANAGE_PLACES, operation_id="deleteAssetAttachment", status=204)
async def delete_asset_attachment(work: Work, ref: str, attachment_ref: str) -> None:
    """Take a file off an asset."""
    await attachments.detach(work, AssetPlace(ref), attachment_ref)


async def _read(reads: HotReads, ref: str, told: str, **parameters: object) -> str | None:
    uuid, body = await reads.row(FilesOfAsset(told), {"asset": find_uuid(ref), **parameters})
    if uuid is None:
        raise EntityNotFound("Asset", ref)
    found: str | None = body
    return found
