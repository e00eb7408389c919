"""Requests made up from the OpenAPI document: none breaks the server, and replies are as the document says."""

import json
from typing import Any

import schemathesis
from hypothesis import settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from firstfix.app.web import openapi_document
from tests.fuzz.caller import Caller

IS_LONG = settings.get_current_profile_name() == "long"
PROFILE = settings.get_profile("long" if IS_LONG else "short")
CONFIG = schemathesis.Config.from_dict(
    {
        **({} if IS_LONG else {"seed": 1}),
        "generation": {"deterministic": not IS_LONG, "max-examples": PROFILE.max_examples, "database": "none"},
        "phases": {
            "examples": {"enabled": False},
            "coverage": {"enabled": IS_LONG},
            "stateful": {"enabled": False},
            "fuzzing": {"error-feedback": {"enabled": False}},
        },
    }
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

schema = schemathesis.openapi.from_dict(json.loads(openapi_document()), config=CONFIG)


@schema.parametrize()
@settings(PROFILE)
def test_no_request_breaks_the_server(case: Case[Any], caller: Caller) -> None:
    response = caller.send(case)

    case.validate_response(response, checks=CHECKS)
