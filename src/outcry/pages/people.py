"""A person's page to read without JavaScript (SPEC ID-7, ORD-8): since when, how rated, what people say."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, route
from litestar.types import ControllerRouterHandler

from outcry.identity.profiles import Profiles
from outcry.kernel.access import Access, access
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import NotFound
from outcry.orders.ratings import Ratings
from outcry.pages.render import About, Pages

SHOWN_RATINGS = 20
_MISSING = ("There is no such person", "The account may have been deleted, or the address is not complete.")


@route(
    "/people/{user_id:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt=access(Access.PUBLIC),
    include_in_schema=False,
)
async def person_page(
    user_id: str,
    request: Request[Any, Any, Any],
    database: Database,
    profiles: Profiles,
    ratings: Ratings,
    pages: Pages,
) -> Response[str]:
    """One person as others see it; not for search engines, which forget nobody."""
    try:
        async with database.transaction(SYSTEM) as tx:
            person = await profiles.public(tx, UUID(user_id))
            said = await ratings.of_person(tx, person.id, SHOWN_RATINGS, None)
    except (NotFound, ValueError):
        title, words = _MISSING
        about = About(title=title, description=words, path=request.url.path, indexed=False)
        return pages.answer(request, "problem.html", about, {"title": title, "words": words}, status=404)
    rated = rated_words(person.rating.average, person.rating.count)
    about = About(
        title=person.display_name,
        description=f"{person.display_name} at {pages.market.title}: {rated}.",
        path=f"/people/{person.id}",
        indexed=False,
    )
    return pages.answer(request, "person.html", about, {"person": person, "rated": rated, "said": said.items})


def rated_words(average: float | None, count: int) -> str:
    """`rated 4.8 of 5 by 12 people`. Pure."""
    if average is None:
        return "not rated yet"
    return f"rated {average:.1f} of 5 by {count} {'person' if count == 1 else 'people'}"


ROUTES: Sequence[ControllerRouterHandler] = [person_page]
