"""`firstfix openapi`: the description of the HTTP APIs."""

import sys

from firstfix.app.web import openapi_document


def openapi() -> None:
    """Write the OpenAPI document of this version to standard output. Needs no database."""
    sys.stdout.buffer.write(openapi_document())
