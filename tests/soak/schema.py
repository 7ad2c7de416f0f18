"""Whatever the API's own description allows, and much that it does not, gets an answer: never a server error.

Part of `make soak`. HMM_SOAK_EXAMPLES says how many calls of each address are drawn, good ones and bad ones.
"""

import os
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from hmm.api import description
from tests.api.conftest import admin, filled  # noqa: F401  # fixtures
from tests.strategy.conftest import house  # noqa: F401  # a fixture

EXAMPLES = int(os.environ.get("HMM_SOAK_EXAMPLES", "30"))
quietly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def ask(caller, case):
    """Send one case and undo what it changed; it gets an answer of the promised form."""
    told = requests.Request(
        **case.as_transport_kwargs(base_url="http://testserver", headers=caller.headers)
    ).prepare()
    parts = urlsplit(told.url)
    content_type = told.headers.get("Content-Type", "application/octet-stream")
    address = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with transaction.atomic():
        answer = caller.client.generic(
            told.method, address, data=told.body or b"", content_type=content_type, headers=caller.headers
        )
        transaction.set_rollback(True)
    assert answer.status_code < 500, f"{told.method} {address} {told.body!r:.300}: {answer.status_code}"
    if answer.status_code >= 400:
        assert set(answer.json()) == {"detail", "fields"}, f"{told.method} {address}: {answer.content!r:.300}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
def test_no_call_the_description_can_lead_to_is_a_server_error(filled, admin, mode):  # noqa: F811
    faults = {}
    for found in schemathesis.openapi.from_dict(description()).get_all_operations():
        operation = found.ok()

        @quietly
        @given(case=operation.as_strategy(generation_mode=mode))
        def try_it(case):
            ask(admin, case)

        try:
            try_it()
        except Exception as error:  # noqa: BLE001  # all operations are tried, then all faults are told
            faults[operation.label] = str(error)[:400]

    assert not faults, "\n".join(f"{label}: {words}" for label, words in faults.items())
