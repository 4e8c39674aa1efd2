"""The Bot API's wire format: what is asked, and how it is answered."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deploy.demo.forms import Upload, read_form
from deploy.demo.providers import json_object

_MAX_TEXT: Final = 4096
_LONGEST_DATA: Final = 64
_JSON_FIELDS: Final = ("reply_parameters", "reply_markup")


def method_of(request: Request) -> str:
    """Return the method that is called; its case does not count."""
    return str(request.path_params["method"]).lower()


def parameters(request: Request, body: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    """Return a call's parameters, which may come as JSON or as a form, and its files."""
    call, uploads = read_form(request, body)
    for name in _JSON_FIELDS:
        if isinstance(call.get(name), str):
            call[name] = json_object(call[name].encode())
    return call, uploads


def text_in(call: dict[str, Any]) -> dict[str, Any] | Response:
    """Return a message's content of words, or why it is refused."""
    text = call.get("text")
    if not isinstance(text, str) or not text.strip():
        return refused(400, "Bad Request: message text is empty")
    if units(text) > _MAX_TEXT:
        return refused(400, "Bad Request: message is too long")
    return {"text": text}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def buttons_fit(markup: dict[str, Any]) -> bool:
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    data = [str(button.get("callback_data", "x")).encode() for button in buttons]
    return all(0 < len(one) <= _LONGEST_DATA for one in data)


def chat_of(chat_id: int) -> dict[str, Any]:
    if chat_id > 0:
        return {"id": chat_id, "type": "private", "first_name": "Cliente"}
    return {"id": chat_id, "type": "supergroup", "title": "Grupo"}


def result_of(result: Any) -> Response:
    return JSONResponse({"ok": True, "result": result})


def int_of(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def refused(status: int, words: str, more: dict[str, Any] | None = None) -> Response:
    answer: dict[str, Any] = {"ok": False, "error_code": status, "description": words}
    if more is not None:
        answer["parameters"] = more
    return JSONResponse(answer, status)
