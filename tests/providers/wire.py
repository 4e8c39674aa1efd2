"""The host's half of a call, as small as can be: an HttpCall in, an HttpResponse out."""

import httpx
from starlette.applications import Starlette

from adapters.channels.base import HttpCall, HttpResponse


async def http_response(app: Starlette, call: HttpCall) -> HttpResponse:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        response = await http.request(
            call.method, call.url, headers=list(call.headers), content=call.content
        )
    headers = tuple((name.lower(), value) for name, value in response.headers.items())
    return HttpResponse(response.status_code, headers, response.content)
