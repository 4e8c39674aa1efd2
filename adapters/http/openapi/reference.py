"""
The reference at `/docs`: the OpenAPI document as one page of plain HTML.

It needs no script and no foreign host, so the page's policy forbids both.
"""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from adapters.http.openapi.describing import operations

Json = dict[str, Any]

_CODE: Final = re.compile(r"`([^`]+)`")
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: the API</title>
<link rel="stylesheet" href="/docs/reference.css">
</head>
<body>
<header>
<h1>{title}: the API</h1>
<p>{description}</p>
<p>For programs: <a href="/openapi.json">OpenAPI 3.1</a>,
<a href="/docs/asyncapi.json">AsyncAPI 3</a> of what is on NATS,
<a href="/docs/feed">the live feed</a>, clients for
<a href="/sdk/recado_client.py">Python</a> and <a href="/sdk/recado.js">JavaScript</a>.</p>
<nav aria-label="Contents"><ul>
{contents}
</ul></nav>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def reference(document: Json) -> str:
    """Return the page of a document."""
    by_tag: dict[str, list[tuple[str, Json]]] = {}
    for route, operation in operations(document):
        by_tag.setdefault((operation.get("tags") or ["other"])[0], []).append((route, operation))
    schemas = document["components"]["schemas"]
    sections = [_section(tag, found) for tag, found in by_tag.items()]
    models = [_model(name, schema) for name, schema in schemas.items()]
    body = [*sections, "<h2 id=schemas>Schemas</h2>", *models]
    links = [(f"tag-{tag}", tag) for tag in by_tag]
    return _PAGE.format(
        title=escape(document["info"]["title"]),
        description=_prose(document["info"].get("description", "")),
        contents="\n".join(f'<li><a href="#{i}">{escape(t)}</a>' for i, t in _all(links)),
        body="\n".join(body),
    )


def text_page(title: str, text: str) -> str:
    """Return a page that shows a text as it is written."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="/docs/reference.css">\n'
        f'</head>\n<body>\n<main>\n<p><a href="/docs">The API</a></p>\n'
        f"<pre>{escape(text)}</pre>\n</main>\n</body>\n</html>\n"
    )


def _all(links: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    yield from links
    yield "schemas", "schemas"


def _section(tag: str, found: list[tuple[str, Json]]) -> str:
    inner = "\n".join(_operation(route, operation) for route, operation in found)
    return f'<section id="tag-{escape(tag)}"><h2>{escape(tag)}</h2>\n{inner}\n</section>'


def _operation(route: str, operation: Json) -> str:
    method, _, path = route.partition(" ")
    rest = operation.get("description", "").partition("\n\n")[2]
    parts = [
        f'<article id="{escape(operation["operationId"])}">',
        f"<h3><code><b>{method}</b> {escape(path)}</code></h3>",
        f"<p>{_prose(operation.get('summary', ''))}</p>",
        *(f"<p>{_prose(paragraph)}</p>" for paragraph in rest.split("\n\n") if paragraph.strip()),
        _parameters(operation.get("parameters", [])),
        _body(operation.get("requestBody")),
        _answers(operation["responses"]),
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def _parameters(parameters: list[Json]) -> str:
    rows = [
        (one["name"], one["in"], _type(one["schema"]), one.get("description", ""))
        for one in parameters
    ]
    return _table(("parameter", "in", "type", ""), rows)


def _body(body: Json | None) -> str:
    kinds = [] if body is None else body["content"].items()
    shown = [f"<p>Body: {escape(kind)}, {_type(c.get('schema', {}))}</p>" for kind, c in kinds]
    return "\n".join(shown)


def _answers(responses: Json) -> str:
    shown = []
    for status, response in responses.items():
        kinds = [_type(c.get("schema", {})) for c in response.get("content", {}).values()]
        shown.append(f"<li><code>{escape(status)}</code> {', '.join(kinds)}")
    return f"<ul>{''.join(shown)}</ul>"


def _model(name: str, schema: Json) -> str:
    required = schema.get("required", [])
    rows = [
        (member, "" if member in required else "optional", _type(one), one.get("description", ""))
        for member, one in schema.get("properties", {}).items()
    ]
    inner = _table(("member", "", "type", ""), rows) or f"<p>{_type(schema)}</p>"
    about = f"<p>{_prose(schema.get('description', ''))}</p>"
    return f'<article id="schema-{escape(name)}"><h3>{escape(name)}</h3>{about}{inner}</article>'


def _table(heads: tuple[str, ...], rows: list[tuple[str, str, str, str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(one)}" for one in heads)
    lines = [
        f"<tr><td><code>{escape(name)}</code><td>{escape(where)}<td>{type_}<td>{_prose(about)}"
        for name, where, type_, about in rows
    ]
    return f"<table><tr>{head}\n" + "\n".join(lines) + "\n</table>"


def _type(schema: Any) -> str:
    """Return what a schema allows, in a few words and links, as HTML."""
    match schema:
        case {"$ref": str(reference)}:
            name = escape(reference.rpartition("/")[2])
            return f'<a href="#schema-{name}">{name}</a>'
        case {"anyOf": list(ones)} | {"oneOf": list(ones)}:
            return " or ".join(map(_type, ones))
        case {"const": value}:
            return f"<code>{escape(json.dumps(value))}</code>"
        case {"enum": list(values)}:
            return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
        case {"type": "array", **rest}:
            return f"list of {_type(rest.get('items', {}))}"
        case {"type": str(kind), **rest}:
            form = rest.get("format") or rest.get("contentMediaType")
            return escape(f"{kind} ({form})" if form else kind)
        case _:
            return "anything"


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(" ".join(text.split())))
