"""Commands for auditors: what can be taken away and proved elsewhere, and is the log still it?"""

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from adapters.audit import verifier
from adapters.audit.checking import TreeCheck
from adapters.audit.exporting import json_lines, table
from adapters.audit.filtering import narrowed_in
from adapters.audit.page import page
from adapters.audit.page_words import LANGUAGES
from adapters.audit.selection import Selection
from adapters.storage.postgres.looks import LookKind
from deploy.attesting import AuditPlace, HeadNotComparable, proved
from deploy.commands import erasing
from deploy.commands.looks import looks
from deploy.commands.named import group_named, operator_named
from deploy.commands.options import Config, Data, Json, show_json
from deploy.commands.output import output
from deploy.commands.subject import subject
from deploy.installation import Installation, check_log, opened, reach, settings_with
from deploy.looks import note_here
from deploy.periods import moment
from deploy.reading_page import reader_of
from deploy.sealing import OpeningMapper
from domain.account import Account
from domain.errors import NotFound
from domain.values import ACCOUNT_STREAM

audit_commands: Final = typer.Typer(
    help="Exports and proofs for auditors. Example: recado audit export -o log.jsonl",
    no_args_is_help=True,
)

Heads = Annotated[
    list[Path] | None, typer.Option(help="A file of heads that were published earlier.")
]


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    audit_commands.command()(export)
    audit_commands.command("verify")(verify_log)
    audit_commands.command()(subject)
    audit_commands.command()(looks)
    audit_commands.command("verifier")(print_verifier)
    audit_commands.command("key")(print_key)
    erasing.register(audit_commands)
    app.add_typer(audit_commands, name="audit")


def export(
    chat: Annotated[str | None, typer.Option(metavar="ID", help="Only this chat.")] = None,
    client: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this client and his chats.")
    ] = None,
    operator: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Only what he did and what names him.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what names this group.")
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(
            metavar="EMAIL|WORD",
            help="Only what this one did: an operator, or router, timer, cli, operator, channel …",
        ),
    ] = None,
    first: Annotated[
        int, typer.Option(metavar="POSITION", min=1, help="From this event of the log.")
    ] = 1,
    last: Annotated[
        int | None, typer.Option(metavar="POSITION", min=1, help="Up to this event, with it.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="From this time, or so long ago: 7d.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to this time.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Only of this kind: chat, operator, …, or message-received, …"),
    ] = None,
    filter_: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="JSON",
            help="Only chats that a filter holds now: adapters/http/filters.md.",
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="html is a page to read and print.")
    ] = Format.JSONL,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; standard output if none.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="A file of earlier heads that it is to be comparable with."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help=f"Of the page: {', '.join(LANGUAGES)}.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """
    Write events with the proof that they are in the log: JSON Lines, CSV or a readable page.

    Example: recado audit export --chat 0b6c2f1e-… --format html -o chat.html
    """
    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(f"--language is one of {', '.join(LANGUAGES)}")
    place = AuditPlace.of(settings_with(config), data, make=False)
    earlier = [head for file in against or () for head in _heads(file)]
    with opened(reach(data, config)) as installation:
        account = installation.reader.state(ACCOUNT_STREAM)
        assert isinstance(account, Account)
        zone = account.settings.time_zone
        selection = Selection(
            chat,
            client,
            None if operator is None else operator_named(installation, operator),
            None if group is None else group_named(installation, group),
            None if since is None else moment("since", since, zone),
            None if until is None else moment("until", until, zone),
            tuple(kind or ()),
            actor=None if actor is None else _actor(installation, actor),
            first=first,
            last=last,
        )
        _check(installation, selection)
        url, opens = installation.urls.postgres, OpeningMapper(installation.urls)().opened
        if filter_ is not None:
            selection = narrowed_in(url, selection, filter_)
        with (
            proved(url, place.signer(), selection, earlier, opens) as (proof, connection),
            output(out) as file,
        ):

            def events() -> Iterator[verifier.Event]:
                return selection.events(connection, proof.head.size)

            asked = json.dumps(selection.as_json(), sort_keys=True) if proof.selection else "all"
            note_here(url, LookKind.EXPORT, f"{form.value} {asked}")
            reader = reader_of(installation, account.settings, language)
            pieces: dict[Format, Callable[[], Iterator[bytes]]] = {
                Format.JSONL: lambda: json_lines(proof, events()),
                Format.CSV: lambda: table(events(), opens),
                Format.HTML: lambda: page(proof, events, reader),
            }
            for piece in pieces[form]():
                file.write(piece)


def _actor(installation: Installation, actor: str) -> str:
    """Return somebody as the log writes him; raise `NotFound` for an address that nobody has."""
    return f"operator:{operator_named(installation, actor)}" if "@" in actor else actor


def _check(installation: Installation, selection: Selection) -> None:
    for kind, id_ in (("chat", selection.chat), ("client", selection.client)):
        if id_ is not None and not installation.reader.history(f"{kind}-{id_}"):
            raise NotFound(kind, id_)


def verify_log(
    head: Heads = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A public key that heads may be signed with, or its file."),
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Compare the log with the tree over it and with every signed head. Exit 1 on any fault.

    Example: recado audit verify --head /mnt/elsewhere/recado-heads.jsonl
    """
    urls = reach(data, config)
    check_log(urls.postgres)
    keys = {AuditPlace.of(settings_with(config), data, make=False).signer().public}
    try:
        keys |= {verifier.key_from(text) for text in key or ()}
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"--key: {error}") from None
    check = TreeCheck(urls.postgres, keys, [one for file in head or () for one in _heads(file)])
    found = 0
    for fault in check.faults():
        found += 1
        show_json({"fault": fault}) if as_json else print(fault)
    if found:
        raise typer.Exit(1)
    told = {"events": check.events, "heads": check.heads, "unsigned": check.unsigned}
    if as_json:
        show_json(told)
    else:
        print(
            f"{check.events} events are those that {check.heads} heads were signed for;"
            f" {check.unsigned} came after the last of them"
        )


def print_verifier() -> None:
    """
    Print the offline verifier: one file that needs nothing but Python.

    Example: recado audit verifier > verify.py
    """
    print(Path(verifier.__file__).read_text("utf-8"), end="")


def print_key(data: Data = None, config: Config = None) -> None:
    """
    Print the public key that heads are signed with. Give it to whoever is to verify.

    Example: recado audit key > recado.pub
    """
    print(AuditPlace.of(settings_with(config), data, make=False).signer().public.hex())


def _heads(file: Path) -> list[Any]:
    try:
        return verifier.heads_in(f"{file}")
    except (OSError, ValueError) as error:
        raise HeadNotComparable(f"{file}: {error}") from None
