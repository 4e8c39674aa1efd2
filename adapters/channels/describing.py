"""The page about a channel, made from what its adapter says of itself."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, cast

from pydantic import BaseModel, ValidationError

from adapters.channels.base import (
    AdapterMeta,
    Capabilities,
    ChannelAdapter,
    Rate,
)
from adapters.channels.reading import raw_text
from adapters.channels.registry import Listed, Registry

_GUESSES: Final[tuple[Any, ...]] = (
    *("example-of-a-setting", "1", "1:a", "https://example.test", "a@example.test", "v1.0"),
    *("+5511900000001", "AC" + "0" * 32, 1, True, "example.test", ["https://example.test"], {}),
)

_WAYS: Final = {
    "is asked": "pull",
    "sends itself": "send",
    "fetches files": "fetch",
    "is handed files": "upload",
    "brings files along": "files",
    "is told that a button was seen": "acknowledge",
}
"""Methods of the optional protocols, and what they are there for."""


def config_schema(meta: AdapterMeta) -> dict[str, Any]:
    """Return the JSON schema of a channel's configuration, from which a form can be made."""
    return meta.config.model_json_schema()


def example_of(model: type[BaseModel]) -> BaseModel | None:
    """Return a configuration made up from the model alone; None where no guess fits."""
    tried: dict[str, int] = {}
    while True:
        guess = {name: _GUESSES[turn] for name, turn in tried.items()}
        try:
            return model.model_validate(guess)
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        for name in wrong:
            tried[name] = tried.get(name, -1) + 1
        if not wrong or any(turn >= len(_GUESSES) for turn in tried.values()):
            return None


def capabilities_of(adapter: type[ChannelAdapter]) -> Capabilities | None:
    """Return what an ordinary account can do; None where that depends on its configuration."""
    config = example_of(adapter.meta.config)
    try:
        made = cast(Any, adapter)(config) if config is not None else None
        return cast(ChannelAdapter, made).capabilities() if made is not None else None
    except Exception:
        # An adapter from elsewhere may fail in any way, above all on a made-up configuration.
        return None


def kinds(registry: Registry) -> list[dict[str, Any]]:
    """Return every channel kind that was found, with what a program needs to connect one."""
    return [_kind(registry, listed) for listed in registry.listed()]


def _kind(registry: Registry, listed: Listed) -> dict[str, Any]:
    known: dict[str, Any] = {
        "kind": listed.kind,
        "title": listed.title,
        "origin": listed.origin,
        "contract": listed.contract,
        "level": listed.level,
        "fault": listed.fault,
    }
    if listed.fault is not None:
        return known
    meta = registry.adapter_class(listed.kind).meta
    return {
        **known,
        "provider_version": meta.provider_version,
        "docs": meta.docs,
        "setup": list(meta.setup),
        "config": config_schema(meta),
    }


def page_about(adapter: type[ChannelAdapter], level: str | None = None) -> str:
    """Return the page about a channel, in Markdown."""
    meta = adapter.meta
    lines = [
        f"# {meta.title}",
        "",
        f"Kind `{meta.kind}`, provider's version {meta.provider_version},",
        f"contract {meta.contract}, level {level or 'not examined'}.",
        f"Provider's own documentation: <{meta.docs}>.",
        *_section("Connect an account", _steps(meta)),
        *_section("Configuration", _settings(meta)),
        *_section("What it can do", _abilities(adapter)),
        *_section("Errors", _errors(meta)),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Iterator[str]) -> list[str]:
    content = list(lines)
    return ["", f"## {title}", "", *content] if content else []


def _steps(meta: AdapterMeta) -> Iterator[str]:
    yield from (f"{number}. {step}" for number, step in enumerate(meta.setup, 1))


def _settings(meta: AdapterMeta) -> Iterator[str]:
    schema = config_schema(meta)
    yield from ("| setting | kind | default |", "|---|---|---|")
    for name, field in schema.get("properties", {}).items():
        kind = "secret" if '"password"' in raw_text(field) else field.get("type", "—")
        is_needed = name in schema.get("required", ())
        default = "needed" if is_needed else f"`{field.get('default', '—')}`"
        yield f"| `{name}` | {kind} | {default} |"


def _abilities(adapter: type[ChannelAdapter]) -> Iterator[str]:
    can = capabilities_of(adapter)
    if can is None:
        yield "It depends on the configuration."
        return
    yield from ("| | |", "|---|---|")
    yield f"| longest text | {can.max_text} {can.text_unit} |"
    yield f"| answers | {_window(can.reply_window)} |"
    yield f"| receipts | {_words(can.receipts)} |"
    buttons = f"{can.buttons.most} of {can.buttons.max_title}" if can.buttons else "written out"
    yield f"| buttons | {buttons} |"
    yield f"| approved templates | {_yes(can.templates)} |"
    yield f"| quotes what it answers | {_yes(can.reply_quote)} |"
    yield f"| arrives in the order it was sent | {_yes(can.ordered_send)} |"
    yield f"| may safely be sent twice | {_yes(can.idempotent_send)} |"
    yield f"| rate of an account | {_rate(can.rate_per_account)} |"
    yield f"| rate to one client | {_rate(can.rate_per_peer)} |"
    if can.rate_per_group is not None:
        yield f"| rate to a chat of many | {_rate(can.rate_per_group)} |"
    yield f"| provider delivers again for | {can.retry_horizon} |"
    told = [word for word, method in _WAYS.items() if callable(getattr(adapter, method, None))]
    yield f"| besides webhooks and calls | {_words(told)} |"
    for kind, rule in can.media.items():
        size = f"{rule.max_bytes / 1_000_000:.3g} MB"
        yield f"| {kind} | {_words(rule.mimes)}; {size}; caption {rule.max_caption or 'apart'} |"


def _errors(meta: AdapterMeta) -> Iterator[str]:
    if meta.errors:
        yield from ("| code | kind | meaning | what is done |", "|---|---|---|---|")
    for row in meta.errors:
        yield f"| `{row.code}` | {row.kind} | {row.meaning} | {row.kind.reaction} |"


def _window(window: timedelta | None) -> str:
    return "at any time" if window is None else f"for {window.total_seconds() / 3600:g} h"


def _rate(rate: Rate) -> str:
    burst = f", {rate.burst} ahead" if rate.burst else ""
    return f"{rate.count} in {rate.per.total_seconds():g} s{burst}"


def _words(words: Any) -> str:
    return ", ".join(sorted(str(word) for word in words)) or "—"


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
