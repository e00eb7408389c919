"""Lists of people and branches: a page and how many match, in one statement, with a search or without."""

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import BodyOf, HotReads
from firstfix.api.manage.fields import Page, Search
from firstfix.api.manage.replies import Reply
from firstfix.api.search_words import split_search


class Found(Page, kw_only=True):
    """Which of them: `search` for words, the last one by its beginning, phrases in quotes."""

    search: Search | None = None


class Listing(Struct, frozen=True, kw_only=True):
    """What a list shows, as SQL.

    Args:
        table: Whose rows.
        columns: What an item has.
        joins: What the columns need beside the table.
        where: Which rows the reader sees.
        finds: Selects the `id` of what a search finds, by `%(phrases)s` and `%(prefix)s`.
    """

    table: str
    columns: str
    joins: str = ""
    where: str
    finds: str

    def sql(self, *, is_searched: bool) -> str:
        """Write the statement: the page, newest first, and the number of all that match."""
        table = self.table
        found, where = "", self.where
        if is_searched:
            found = f"WITH found AS MATERIALIZED ({self.finds})"
            where = f"({where}) AND {table}.id IN (SELECT found.id FROM found)"  # noqa: S608 (pieces of ours)
        return f"""
{found} SELECT (SELECT coalesce(json_agg(rows), '[]')::text FROM (
    SELECT {self.columns}
    FROM (
        SELECT * FROM {table} WHERE {where}
        ORDER BY {table}.created_at DESC, {table}.id DESC OFFSET %(offset)s LIMIT %(limit)s
    ) AS {table} {self.joins}
    ORDER BY {table}.created_at DESC, {table}.id DESC
) AS rows), (SELECT count(*) FROM {table} WHERE {where})"""  # noqa: S608 (as above)


async def read_list(reads: HotReads, query: Found, everything: BodyOf, found: BodyOf) -> Reply:
    """Read a page.

    Args:
        reads: The caller's reads.
        query: What was asked for.
        everything: Makes the statement of a list that nothing is searched in.
        found: Makes that of a search.
    """
    parameters: dict[str, object] = {"limit": query.limit, "offset": query.offset}
    parameters["phrases"], parameters["prefix"] = split_search(query.search or "")
    is_searched = bool(parameters["phrases"] or parameters["prefix"])
    rows, count = await reads.row(found if is_searched else everything, parameters)
    return Reply(data=RawJson(rows.encode()), count=count)
