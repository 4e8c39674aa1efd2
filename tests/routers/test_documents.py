"""What is on NATS is a promise to others: it does not change unsaid."""

from routers.documents import COMMITTED, asyncapi_json


def test_the_committed_asyncapi_document_is_the_present_one() -> None:
    """If this fails on purpose: `recado route --asyncapi > routers/asyncapi.json`, and say so."""
    assert asyncapi_json() == COMMITTED.read_text()
