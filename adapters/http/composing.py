"""What an operator asks to be sent, as the parts of a message."""

from adapters.http import bodies as b
from adapters.http.auth import Viewer
from adapters.http.filling import values_in
from adapters.http.parts import AppParts
from adapters.storage.postgres.files import KnownFile
from adapters.storage.postgres.tool_items import Tools
from domain.content import Media, MediaKind, Offer, Option, Part, Parts, TemplateCall, Text
from domain.errors import NotFound, UnresolvedVariables
from domain.values import ChatId
from domain.variables import filled, has_variables


async def composed(app: AppParts, viewer: Viewer, body: b.NewMessage) -> Parts:
    """Return the parts; raise `NotFound` for a file that this viewer cannot use."""
    parts: list[Part] = []
    if body.template is not None:
        parts.append(_template(body.template, body.text))
    elif body.buttons:
        options = tuple(Option(id=one.id, title=one.title) for one in body.buttons)
        parts.append(Offer(text=body.text, options=options))
    elif body.text:
        parts.append(Text(text=body.text))
    files = await known_files(app, viewer, body.attachments)
    return (*parts, *(_media(known, name) for known, name in files))


def _template(template: b.Template, text: str) -> TemplateCall:
    """Return the call; without a text of its own, it is shown by its name and values."""
    shown = text or "\n".join([template.name, *template.values])
    return TemplateCall(
        name=template.name,
        language=template.language,
        values=tuple(template.values),
        text=shown,
    )


async def without_holes(
    app: AppParts, viewer: Viewer, chat_id: ChatId, body: b.NewMessage
) -> b.NewMessage:
    """Return a message with its variables filled in; raise `UnresolvedVariables` (T3)."""
    template = body.template
    texts = [
        body.text,
        *(template.values if template else ()),
        *(button.title for button in body.buttons),
    ]
    if not any(map(has_variables, texts)):
        return body
    values = await values_in(app, viewer, chat_id)
    said = [filled(text, values) for text in texts]
    if names := tuple(dict.fromkeys(name for one in said for name in one.missing)):
        raise UnresolvedVariables(names)
    text, *rest = (one.text for one in said)
    many = len(template.values) if template else 0
    return body.model_copy(
        update={
            "text": text,
            "template": template and template.model_copy(update={"values": rest[:many]}),
            "buttons": [
                button.model_copy(update={"title": title})
                for button, title in zip(body.buttons, rest[many:], strict=True)
            ],
        }
    )


async def known_files(app: AppParts, viewer: Viewer, ids: list[str]) -> list[tuple[KnownFile, str]]:
    """
    Return files, each with its name; raise `NotFound` for one that this viewer cannot use.

    He can use what he uploaded, by the upload's id, and what he sees, by its SHA-256.
    """
    if not ids:
        return []
    attachments = app.attachments
    if attachments is None:
        raise NotFound("attachment", ids[0])
    uploads = await attachments.register.uploads(ids, viewer.id)
    files: list[tuple[KnownFile, str]] = []
    for id_ in ids:
        if (upload := uploads.get(id_)) is not None:
            files.append((upload.file, upload.name))
            continue
        seen = await name_seen(app, viewer, id_)
        found = None if seen is None else await attachments.find(id_)
        if found is None:
            raise NotFound("attachment", id_)
        files.append((found, seen or ""))
    return files


async def name_seen(app: AppParts, viewer: Viewer, sha256: str) -> str | None:
    """Return what a file is called in a chat or template that a viewer sees; None in none."""
    if app.attachments is None:
        return None
    name = await app.attachments.register.name_seen(viewer.scope, sha256)
    return await Tools(app.pool).file_name(viewer.scope, sha256) if name is None else name


def _media(known: KnownFile, name: str) -> Media:
    return Media(
        media=MediaKind.DOCUMENT,
        mime=known.mime,
        name=name or None,
        size=known.size,
        sha256=known.sha256,
    )
