"""`recado audit subject`: what is known of one client, for himself (LGPD art. 18)."""

import asyncio
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.audit.subject.archive import Archive
from adapters.audit.subject.gathering import Gathering
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.looks import LookKind
from adapters.storage.postgres.queries import Queries
from deploy.attachments import AttachmentsPlace
from deploy.commands.options import Config, Data
from deploy.commands.output import output
from deploy.installation import Installation, opened, reach, settings_with
from deploy.looks import note_here


def subject(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="A client's id.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The ZIP file to write.")],
    comments: Annotated[
        bool,
        typer.Option(
            "--comments/--no-comments",
            help="Whether the team's comments in his chats are his to read; the archive says so.",
        ),
    ] = True,
    data: Data = None,
    config: Config = None,
) -> None:
    """
    Write all that is known of a client, on all channels, into one archive for himself: a page to
    read, the same for programs, his files, and a manifest with their hashes.

    Example: recado audit subject 7c1f… --out dados.zip
    """
    place = AttachmentsPlace.of(settings_with(config), data)
    with opened(reach(data, config)) as installation, output(out) as file:
        asyncio.run(_write(installation, place, client, file, comments=comments))
        note_here(installation.urls.postgres, LookKind.EXPORT, f"subject client-{client}")


async def _write(
    installation: Installation,
    place: AttachmentsPlace,
    client: str,
    file: BinaryIO,
    *,
    comments: bool,
) -> None:
    url = installation.urls.postgres
    async with AsyncConnectionPool[AsyncConnection[TupleRow]](
        url, min_size=1, max_size=2, open=False, kwargs={"autocommit": True}
    ) as pool:
        gathering = Gathering(pool, Queries(pool), installation.mapper, comments=comments)
        archive = Archive(gathering, AttachmentStore.open(place.url))
        async for piece in archive.pieces(await gathering.subject(client)):
            file.write(piece)
