"""
The OpenAPI document: what FastAPI knows of the routes, with what answers hold, how one signs
in and how it is refused; the committed copy, and the page at `/docs`.
"""
