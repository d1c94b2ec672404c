"""Templates and static files of the server-rendered pages."""

from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import Response

_ENVIRONMENT = Environment(
    loader=PackageLoader("outcry.pages", "templates"), autoescape=select_autoescape(["html"]), trim_blocks=True
)


def page(template: str, /, *, http_status: int = 200, **facts: Any) -> Response[str]:
    """A rendered page."""
    return Response(
        _ENVIRONMENT.get_template(template).render(**facts),
        status_code=http_status,
        media_type="text/html; charset=utf-8",
        headers={"Cache-Control": "no-cache"},
    )


@lru_cache(16)
def static(name: str) -> bytes:
    """A static file of this package."""
    return resources.files("outcry.pages").joinpath(name).read_bytes()
