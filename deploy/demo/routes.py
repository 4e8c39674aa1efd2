"""What the demo's drawer in the panel asks: no real installation has these routes."""

from typing import Any, Final, Literal

import httpx
from fastapi import APIRouter, Request, Response

from adapters.http.parts import Myself
from adapters.http.problems import Problem
from deploy.demo import company

Act = Literal["pace", "customers", "faults", "proofs"]
_PEOPLE: Final = [
    {"email": person.email, "name": person.name, "role": person.role, "groups": person.groups}
    for person in company.PEOPLE
]


def routes(controls: httpx.AsyncClient) -> APIRouter:
    """Return the routes; what they are asked is answered by the demo's own process."""
    router = APIRouter(prefix="/v1/demo", include_in_schema=False)

    @router.get("/people")
    async def people() -> dict[str, Any]:
        """Return whom one may sign in as, and the password that all of them have."""
        return {"items": _PEOPLE, "password": company.PASSWORD}

    @router.get("")
    async def state(viewer: Myself) -> Response:
        """Return how the play and the parts do; who asks is played by nobody else meanwhile."""
        visitor = {"visitor": viewer.operator.email} if viewer.proof.kind == "session" else {}
        return await _asked(controls.build_request("GET", "state", params=visitor))

    @router.post("/{act}")
    async def do(_: Myself, act: Act, request: Request) -> Response:
        """Change the play, let a customer write, fell a part, prove that nothing was lost."""
        return await _asked(controls.build_request("POST", act, content=await request.body()))

    async def _asked(request: httpx.Request) -> Response:
        try:
            answer = await controls.send(request)
        except httpx.TransportError:
            raise Problem(503, "unavailable") from None
        if answer.is_client_error:
            raise Problem(400, "bad_request")
        return Response(answer.content, answer.status_code, media_type="application/json")

    return router
