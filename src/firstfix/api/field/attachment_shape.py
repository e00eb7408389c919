"""The shape of attachments, and the SQL that PostgreSQL writes them by."""

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.downloads import CONTENT_SQL
from firstfix.api.field.wire import hex_sql, time_sql
from firstfix.domain.files.views import FileView


class Attachment(Struct, rename={"created_date": "createdDate"}, kw_only=True):
    """A file that is attached to something. The type is told by the extension of the name."""

    mimetype: str
    created_date: str
    uuid: str
    caption: str
    name: str


class Caption(Struct):
    """What an attachment says about itself; null clears."""

    caption: str | UnsetType | None = UNSET


class Links(Struct, frozen=True):
    """Where it stands what files are attached to.

    Args:
        table: The table of links.
        holder: The table of what they are attached to.
        column: The column that names one of those.
    """

    table: str
    holder: str
    column: str

    @property
    def _files(self) -> str:
        """SQL of the files that are attached to the row of the holder's table."""
        return f"""
            FROM {self.table} JOIN files
                ON files.organisation_id = {self.table}.organisation_id AND files.id = {self.table}.file_id
            WHERE {self.table}.organisation_id = {self.holder}.organisation_id
                AND {self.table}.{self.column} = {self.holder}.id AND files.archived_at IS NULL"""

    @property
    def all_sql(self) -> str:
        """SQL of all attachments, as JSON in the order in which they came."""
        return f"""coalesce((
            SELECT json_agg(json_build_object('mimetype', files.mime_type,
                    'createdDate', {time_sql("files.created_at")}, 'uuid', {hex_sql("files.uuid")},
                    'caption', files.caption, 'name', files.file_name) ORDER BY files.id)
            {self._files}), '[]')"""

    @property
    def content_sql(self) -> str:
        """SQL of what is needed to send the one named by the parameter `attachment`, as JSON of `FileContent`."""
        return f"""(
            SELECT {CONTENT_SQL}
            {self._files} AND files.uuid = %(attachment)s)"""


OF_TASKS = Links("job_task_attachments", "job_tasks", "job_task_id")
OF_ASSETS = Links("asset_attachments", "assets", "asset_id")


def attachment_of(file: FileView) -> Attachment:
    """Write a file that was just attached."""
    return Attachment(
        mimetype=file.mime_type,
        created_date=file.created_at.isoformat(),
        uuid=file.uuid.hex,
        caption=file.caption,
        name=file.file_name,
    )


def caption_of(data: Caption) -> str | UnsetType:
    """Read a caption."""
    return UNSET if data.caption is UNSET else data.caption or ""
