"""What the Cloud API checks of a message before it takes it."""

from typing import Any, Final

from deploy.demo.providers import as_object

Problem = tuple[int, int, str]
"""HTTP status, code, words."""

_MAX_TEXT: Final = 4096
_FILES: Final = frozenset({"image", "audio", "video", "document", "sticker"})
_WITHOUT_RULES: Final = frozenset({"reaction", "location", "contacts"})
_MOST_BUTTONS: Final = 3
_LONGEST_BUTTON: Final = 20
_MOST_ROWS: Final = 10
_LONGEST_ROW: Final = 24

Templates = dict[tuple[str, str], int]
"""The number of blanks of each approved template, by name and language."""


def problem_with(message: dict[str, Any], files: Any, templates: Templates) -> Problem | None:
    """Return why a message is refused; None: it is taken."""
    if message.get("messaging_product") != "whatsapp":
        return 400, 100, "(#100) The parameter messaging_product is required."
    if message.get("status") == "read":
        return None
    if not (message.get("to") or message.get("recipient")):
        return 400, 100, "(#100) The parameter to is required."
    kind = message.get("type", "text")
    content = as_object(message.get(kind)) if isinstance(kind, str) else {}
    if kind == "text":
        return _problem_with_text(content)
    if kind in _FILES:
        known = content.get("id") in files or isinstance(content.get("link"), str)
        return None if known else (400, 131009, "Parameter value is not valid: media id")
    if kind == "template":
        return _problem_with_template(content, templates)
    if kind == "interactive":
        return _problem_with_choices(as_object(content.get("action")))
    return None if kind in _WITHOUT_RULES else (400, 131051, "Unsupported message type")


def _problem_with_text(content: dict[str, Any]) -> Problem | None:
    text = content.get("body")
    if not isinstance(text, str) or not text:
        return 400, 100, "(#100) The parameter text['body'] is required."
    if len(text) > _MAX_TEXT:
        return 400, 100, "(#100) Param text['body'] must be at most 4096 characters long."
    return None


def _problem_with_template(content: dict[str, Any], templates: Templates) -> Problem | None:
    language = as_object(content.get("language")).get("code", "")
    blanks = templates.get((content.get("name", ""), language))
    if blanks is None:
        return 404, 132001, "Template name does not exist in the translation"
    components = [as_object(component) for component in content.get("components", [])]
    bodies = [c for c in components if str(c.get("type")).lower() == "body"]
    given = sum(len(body.get("parameters", [])) for body in bodies)
    return None if given == blanks else (400, 132000, "Number of parameters does not match")


def _problem_with_choices(action: dict[str, Any]) -> Problem | None:
    buttons = [as_object(as_object(b).get("reply")) for b in action.get("buttons", [])]
    rows = [as_object(r) for s in action.get("sections", []) for r in as_object(s).get("rows", [])]
    if not len(buttons) + len(rows) > 0:
        return 400, 131008, "Required parameter is missing: action"
    if len(buttons) > _MOST_BUTTONS or len(rows) > _MOST_ROWS:
        return 400, 131009, "Parameter value is not valid: too many choices"
    too_long = [b for b in buttons if not 0 < len(b.get("title", "")) <= _LONGEST_BUTTON]
    too_long += [r for r in rows if not 0 < len(r.get("title", "")) <= _LONGEST_ROW]
    return (400, 131009, "Parameter value is not valid: title") if too_long else None
