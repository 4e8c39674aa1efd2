"""
Any request that the OpenAPI document allows, and many that it does not, by two people of
different groups: never a failure of ours, and answers are what the document says.

Ids come from what was answered before. `RECADO_REQUESTS=10000` makes it a long run.
"""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adapters.bus.nats import connect
from adapters.http.app import create_app
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from tests.adapters.http.conftest import Installation, installed
from tests.adapters.http.test_live import serving

REQUESTS: Final = int(os.environ.get("RECADO_REQUESTS", "100"))
PEOPLE: Final = ("caio", "bia", "admin")
LEFT_OUT: Final = {"listen", "sign_out"}
"""One never ends, the other would sign out for good."""
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class Ids:
    """What was answered before, by what paths call it; at first, what there is."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}

    def take(self, name: str, value: Any) -> None:
        kept = self.known.setdefault(name, [])
        if isinstance(value, str) and value not in kept:
            kept.append(value)

    def pick(self, name: str, which: int) -> str | None:
        kept = self.known.get(name)
        return kept[which % len(kept)] if kept else None


@contextmanager
def served(database: str, nats_url: str, folder: Path) -> Iterator[tuple[str, Installation, Ids]]:
    """Run an installation in a thread of its own: the caller waits for every answer."""
    ready: Future[tuple[str, Installation, Ids]] = Future()
    stop = threading.Event()

    async def run() -> None:
        async with installed(database) as installation:
            nats = await connect(nats_url, name="any-request")
            store = AttachmentStore.open(str(folder))
            files = Attachments(store, FileRegister(installation.pool), 1_000_000)
            app = create_app(installation.parts(nats=nats, attachments=files))
            async with serving(app, installation) as caller:
                ids = Ids()
                for client in range(4):
                    chat_id = await caller.new_chat(client)
                    ids.take("chat_id", chat_id)
                    if client % 2:
                        to = {"group": installation.ids["Finance"]}
                        await caller.post(f"/v1/chats/{chat_id}/transfer", "admin", to)
                for client in (await caller.get("/v1/clients", "admin")).json()["items"]:
                    ids.take("client_id", client["id"])
                for name in ("Sales", "Finance"):
                    ids.take("group_id", installation.ids[name])
                ids.take("operator_id", installation.ids["bia"])
                ids.take("channel_id", installation.ids["tg"])
                ready.set_result((str(caller.http.base_url).rstrip("/"), installation, ids))
                await asyncio.to_thread(stop.wait)
            await nats.close()

    def guarded() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield ready.result(60)
    finally:
        stop.set()
        thread.join(60)


def test_no_request_fails_and_answers_are_what_the_document_says(
    fresh_database: str, fresh_nats: str, tmp_path: Path
) -> None:
    with served(fresh_database, fresh_nats, tmp_path) as (url, installation, ids):
        _try_all(url, installation, ids)


def _try_all(url: str, installation: Installation, ids: Ids) -> None:
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    found = list(schema.get_all_operations())
    assert all(isinstance(one, Ok) for one in found), "the document is not valid"
    operations = [one.ok() for one in found if isinstance(one, Ok)]
    wanted = [one for one in operations if one.definition.raw["operationId"] not in LEFT_OUT]
    statuses = Counter[int]()
    faults: dict[str, str] = {}
    """What was wrong, each with an example of it."""

    @settings(
        max_examples=REQUESTS,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
            HealthCheck.function_scoped_fixture,
        ],
    )
    @given(
        case=st.sampled_from(wanted).flatmap(lambda operation: operation.as_strategy()),
        who=st.sampled_from(PEOPLE),
        which=st.integers(0, 50),
    )
    def one_request(case: Any, who: str, which: int) -> None:
        for name in case.path_parameters or {}:
            if which and (known := ids.pick(name, which)) is not None:
                case.path_parameters[name] = known
        # A position that will never be there is waited for, and refused with 503.
        (case.query or {}).pop("min_position", None)
        headers = {"Authorization": f"Bearer {installation.tokens[who]}"}
        response = case.call(headers=headers, timeout=30)
        statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS, headers=headers)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                faults.setdefault(f"{case.operation.label}: {failure.message[:300]}", str(failures))
        _learn(ids, case.operation.path, response)

    one_request()
    assert not faults, "\n\n".join(faults.values())
    assert statuses.total() >= REQUESTS
    assert any(status < 300 for status in statuses), statuses


def _learn(ids: Ids, path: str, response: Any) -> None:
    """Remember the id of what was made, under the name that paths have for it."""
    if response.status_code == 201 and "application/json" in response.headers["content-type"]:
        kind = path.rstrip("/").rpartition("/")[2].removesuffix("s")
        ids.take(f"{kind}_id", response.json().get("id"))
