"""The OpenAPI document at `/openapi.json`, and a page that shows it at `/docs/`, with nothing from elsewhere."""

from pathlib import Path

from litestar import Response
from litestar.handlers import HTTPRouteHandler

DOCS_PREFIX = "/docs/"
DOCS_FOLDER = Path(__file__).with_name("docs_page")


def document_route(document: bytes) -> HTTPRouteHandler:
    """Make the route that serves the document."""

    async def get_document() -> Response[bytes]:
        return Response(document, media_type="application/json", headers={"Cache-Control": "no-cache"})

    return HTTPRouteHandler("/openapi.json", http_method=["GET"], include_in_schema=False)(get_document)
