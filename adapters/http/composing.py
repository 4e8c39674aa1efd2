"""What an operator asks to be sent, as the parts of a message."""

from adapters.http import bodies as b
from adapters.http.auth import Viewer
from adapters.http.parts import AppParts
from domain.content import Media, MediaKind, Offer, Option, Part, Parts, TemplateCall, Text
from domain.errors import NotFound


async def composed(app: AppParts, viewer: Viewer, body: b.NewMessage) -> Parts:
    """
    Return the parts; raise `NotFound` for a file that this viewer cannot send.

    He can send what he uploaded, by the upload's id, and what he sees, by its SHA-256.
    """
    parts: list[Part] = []
    if body.template is not None:
        parts.append(_template(body.template, body.text))
    elif body.buttons:
        options = tuple(Option(id=one.id, title=one.title) for one in body.buttons)
        parts.append(Offer(text=body.text, options=options))
    elif body.text:
        parts.append(Text(text=body.text))
    files = await _files(app, viewer, body.attachments) if body.attachments else []
    return (*parts, *files)


def _template(template: b.Template, text: str) -> TemplateCall:
    """Return the call; without a text of its own, it is shown by its name and values."""
    shown = text or "\n".join([template.name, *template.values])
    return TemplateCall(
        name=template.name,
        language=template.language,
        values=tuple(template.values),
        text=shown,
    )


async def _files(app: AppParts, viewer: Viewer, ids: list[str]) -> list[Media]:
    attachments = app.attachments
    if attachments is None:
        raise NotFound("attachment", ids[0])
    uploads = await attachments.register.uploads(ids, viewer.id)
    files: list[Media] = []
    for id_ in ids:
        if (upload := uploads.get(id_)) is not None:
            known, name = upload.file, upload.name
        else:
            seen = await attachments.register.name_seen(viewer.scope, id_)
            found = None if seen is None else await attachments.find(id_)
            if found is None:
                raise NotFound("attachment", id_)
            known, name = found, seen or ""
        files.append(
            Media(
                media=MediaKind.DOCUMENT,
                mime=known.mime,
                name=name or None,
                size=known.size,
                sha256=known.sha256,
            )
        )
    return files
