"""An S3 server that nobody here wrote (moto), for stores that are opened by a URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

_BUCKET = "recado-test"


@contextmanager
def s3_bucket() -> Iterator[str]:
    """Yield the URL of an empty bucket; the usual variables say where its server is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ENDPOINT", address)
            environment.setenv("AWS_ALLOW_HTTP", "true")
            environment.setenv("AWS_ACCESS_KEY_ID", "key-of-a-test")
            environment.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-a-test")
            environment.setenv("AWS_REGION", "us-east-1")
            urlopen(Request(f"{address}/{_BUCKET}", method="PUT")).close()
            yield f"s3://{_BUCKET}/files"
    finally:
        server.stop()


def objects() -> list[str]:
    """Return the names of all objects, as the server itself knows them."""
    return sorted(s3_backends[DEFAULT_ACCOUNT_ID]["global"].buckets[_BUCKET].keys)
