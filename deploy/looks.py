"""What is kept of looks and for how long, and looks that are taken at the command line (A5)."""

import getpass
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from adapters.storage.postgres.looks import DEFAULT_KEEP, Look, LookKind, note_one
from deploy.settings import SettingsRefused
from deploy.workspace import duration


def kept_for(text: str | None) -> Mapping[LookKind, timedelta]:
    """
    Return how long each kind of look is kept; raise `SettingsRefused`.

    >>> kept_for("90d, export=365d")[LookKind.EXPORT].days, kept_for("90d")[LookKind.CHAT].days
    (365, 90)
    """
    keep = dict.fromkeys(LookKind, DEFAULT_KEEP)
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    # Whatever order they come in: a kind's own word goes before the one for all.
    for part in sorted(parts, key=lambda part: "=" in part):
        name, is_one, span = part.rpartition("=")
        try:
            time = duration(span.strip())
            assert isinstance(time, timedelta)
            keep |= {LookKind(name.strip()): time} if is_one else dict.fromkeys(LookKind, time)
        except (ValueError, OverflowError):
            kinds = ", ".join(LookKind)
            raise SettingsRefused(
                f"looks_keep: {part[:40]!r} is none of 730d or login=90d; kinds are {kinds}"
            ) from None
    return keep


def note_here(url: str, kind: LookKind, what: str) -> None:
    """Note that whoever runs this command looked at something."""
    now = datetime.now(UTC)
    note_one(url, Look(kind, f"cli:{_user()}", what, now, now))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
