"""`recado serve` as the demo runs it: the same, and what lets a visitor play along."""

from argparse import ArgumentParser

import uvloop

from deploy import serving
from deploy.attachments import AttachmentsPlace
from deploy.demo.routes import routes
from deploy.demo.visit import Visit
from deploy.installation import reach, settings_with
from deploy.launch import bound
from deploy.logs import configure
from deploy.restoring import ErasureLists


def main() -> None:
    parser = ArgumentParser(prog="recado demo", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    settings = settings_with(None, host=asked.host, port=asked.port)
    configure(settings.log_level)
    files, erasures = AttachmentsPlace.of(settings, None), ErasureLists.of(settings, None)
    with bound(settings.host, settings.port) as listening:
        more = serving.More((routes(Visit.told().caller()),), ("demo",))
        uvloop.run(serving.serve(reach(None), settings, listening, files, erasures, more))


if __name__ == "__main__":
    main()
