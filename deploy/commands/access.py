"""Commands for how people and programs come in: token, password."""

from secrets import token_urlsafe
from typing import Annotated, Any, Final

import psycopg
import typer
from psycopg.rows import dict_row

from adapters.http.passwords import KEEP, hash_password
from adapters.http.sessions import ISSUE, REVOKE, digest_of, new_id, new_token
from deploy.applying import operator_id
from deploy.commands.options import Config, Data, Json, show_json
from deploy.installation import Installation, opened, reach
from domain.access import ACTIONS_OF, Action
from domain.acts import Ask
from domain.errors import NotFound
from domain.operator import Operator
from domain.ports import Receipt
from domain.signing_in import (
    IssueToken,
    NotePassword,
    NoteSecondFactor,
    RevokeToken,
    SigningInCommand,
)
from domain.values import Meta, OperatorId, TokenId, stream_of

_LISTED: Final = """
SELECT id, operator_id AS operator, name, scopes, created_at, last_used_at, expires_at
FROM recado_sessions WHERE kind = 'token' AND id IS NOT NULL
    AND (%(operator)s::text IS NULL OR operator_id = %(operator)s)
ORDER BY created_at
"""

token_commands: Final = typer.Typer(
    help="Tokens for programs that speak to Recado.", no_args_is_help=True
)

Email = Annotated[str, typer.Argument(help="The operator's e-mail.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the `recado` command."""
    token_commands.command("create")(create_token)
    token_commands.command("list")(list_tokens)
    token_commands.command("revoke")(revoke_token)
    app.add_typer(token_commands, name="token")
    app.command()(password)


def create_token(
    email: Annotated[str, typer.Argument(help="Whose rights the token has.")],
    scope: Annotated[
        list[Action] | None,
        typer.Option(help="What it may do besides reading (default: all that its owner may)."),
    ] = None,
    name: Annotated[str, typer.Option(help="What it is for.")] = "recado token create",
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Print a new bearer token, once: it is not stored and cannot be shown again.

    Example: recado token create ana@ipe.test --scope act --json
    """
    with opened(reach(data, config)) as installation:
        token = issue_token(installation, email, scope, name)
    if as_json:
        show_json({"token": token})
    else:
        print(token)


def list_tokens(
    email: Annotated[str | None, typer.Argument(help="Of one operator (default: all).")] = None,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """
    Print which tokens there are, and when each was used last.

    Example: recado token list ana@ipe.test
    """
    with opened(reach(data, config)) as installation:
        id_ = None if email is None else operator_id(installation.desk.naming, email)
        with psycopg.connect(installation.urls.postgres) as connection:
            cursor = connection.cursor(row_factory=dict_row)
            tokens = cursor.execute(_LISTED, {"operator": id_}).fetchall()
    if as_json:
        show_json(tokens)
        return
    for token in tokens:
        print(_line(token))


def revoke_token(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `recado token list` tells.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """
    Withdraw a token: it lets nobody in any more.

    Example: recado token revoke 5f0c3c1e9a7b2d44
    """
    with opened(reach(data, config)) as installation:
        values = {"kind": "token", "id": id_, "operator": None}
        with psycopg.connect(installation.urls.postgres) as connection:
            row = connection.execute(REVOKE, values).fetchone()
        if row is None:
            raise NotFound("token", id_)
        _record(installation, OperatorId(row[0]), RevokeToken(token=TokenId(id_)))
    print(f"withdrawn: {id_}")


def password(
    email: Email,
    drop_second_factor: Annotated[
        bool, typer.Option(help="Also let him in without the second factor that he lost.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """
    Give an operator another password and print it, once; all his sessions end.

    Example: recado password admin@localhost
    """
    with opened(reach(data, config)) as installation:
        id_ = known(installation, email).id
        new = token_urlsafe(12)
        with psycopg.connect(installation.urls.postgres) as connection:
            connection.execute(KEEP, (id_, hash_password(new)))
            if drop_second_factor:
                gone = "DELETE FROM recado_second_factors WHERE operator_id = %s"
                connection.execute(gone, (id_,))
        _record(installation, id_, NotePassword())
        if drop_second_factor:
            _record(installation, id_, NoteSecondFactor(is_there=False))
    print(new)


def issue_token(
    installation: Installation,
    email: str,
    scopes: list[Action] | None = None,
    name: str | None = None,
) -> str:
    """Return a new token with the rights of an operator; raise `NotFound` if there is none."""
    operator = known(installation, email)
    token, id_ = new_token(), TokenId(new_id())
    given = tuple(scopes or ACTIONS_OF[operator.role])
    receipt = _record(installation, operator.id, IssueToken(token=id_, scopes=given))
    kept = None if scopes is None else [scope.value for scope in scopes]
    values = (digest_of(token), operator.id, id_, receipt.version, name, kept, None)
    with psycopg.connect(installation.urls.postgres) as connection:
        connection.execute(ISSUE, values)
    return token


def known(installation: Installation, email: str) -> Operator:
    """Return an operator who may come in; raise `NotFound` for anybody else."""
    id_ = operator_id(installation.desk.naming, email)
    state = installation.reader.state(stream_of("operator", id_))
    if not (isinstance(state, Operator) and state.exists and state.active):
        raise NotFound("operator", email)
    return state


def _record(installation: Installation, operator: OperatorId, command: SigningInCommand) -> Receipt:
    act = Ask(stream=stream_of("operator", operator), command=command, meta=Meta("cli", "cli"))
    return installation.desk.submit_now(act)


def _line(token: dict[str, Any]) -> str:
    scopes = ",".join(token["scopes"] or ["all"])
    used = token["last_used_at"]
    last = "never used" if used is None else f"used {used:%Y-%m-%d %H:%M}"
    return f"{token['id']}  {token['operator']}  {scopes}  {last}  {token['name'] or ''}"
