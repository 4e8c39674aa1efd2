"""NATS with JetStream as a child of ours."""

import json
import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from deploy.embedded.binaries import nats_server
from deploy.embedded.leftovers import end_leftover, processes_in
from deploy.embedded.ports import HOST
from deploy.embedded.process import Child
from deploy.embedded.server import EmbeddedServer

CONFIG = """\
# Written anew at every start.
listen: "{host}:{port}"
ports_file_dir: {home}
max_payload: 8MB
authorization {{ token: {token} }}
jetstream {{
  store_dir: {store}
  # The default acknowledges first and writes up to two minutes later.
  sync_interval: always
}}
"""

MODEST: Final = {"GOGC": "40"}
"""
Let its heap grow by two fifths before it is collected, not to twice its size: it holds a
few hundred bytes for each subject, of which there is one for each chat and more.
"""


class EmbeddedNats(EmbeddedServer):
    """A NATS server in `data/nats`, on the loopback only, for whoever knows its token."""

    name = "NATS"
    folder: ClassVar[str] = "nats"
    transient: ClassVar[tuple[str, ...]] = ("address already in use",)

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._config = self.home / "nats.conf"

    def _prepare(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        for pid, program in processes_in(self.home).items():
            if program == "nats-server":
                end_leftover(pid, program, self.home, (signal.SIGTERM, 10.0), (signal.SIGKILL, 2.0))
        for file in self.home.glob("*.ports"):
            file.unlink()

    def _launch(self, port: int) -> Child:
        text = CONFIG.format(
            host=HOST,
            port=port,
            home=_quoted(self.home),
            token=_quoted(self._secret()),
            store=_quoted(self.home / "store"),
        )
        self._write_secretly(self._config, text)
        return Child(
            [str(nats_server()), "--config", str(self._config)],
            log=self.log,
            when_orphaned=signal.SIGTERM,
            cwd=self.home,
            env={**os.environ, **MODEST},
        )

    def _url_when_ready(self, child: Child, port: int) -> str | None:
        """It names its ports in a file when it listens on them, JetStream being ready."""
        with suppress(FileNotFoundError, ValueError):
            file = self.home / f"nats-server_{child.pid}.ports"
            if json.loads(file.read_text())["nats"] == [f"nats://{HOST}:{port}"]:
                return f"nats://{self._secret()}@{HOST}:{port}"
        return None

    def _stop_child(self, child: Child, within: float) -> None:
        child.stop((signal.SIGTERM, within))

    def _reason(self, lines: list[str]) -> str | None:
        wrong = re.compile(r"(?:\[FTL\]|nats-server:|\[ERR\])\s+(.*)")
        said = [found[1] for line in lines if (found := wrong.search(line))]
        return said[-1] if said else None


def _quoted(value: Path | str) -> str:
    return json.dumps(str(value), ensure_ascii=False)
