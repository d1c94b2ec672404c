"""Who may call what: one rule, default deny (SPEC ID-5)."""

from pathlib import Path

import pytest
from litestar import Litestar, get

from outcry.app import Outcry
from outcry.app_routes import refuse_undeclared_access
from outcry.kernel.access import STAFF_ROLES, Access, Principal, access, may_enter
from outcry.kernel.errors import Forbidden, OutcryError, Unauthenticated
from outcry.kernel.ids import new_id
from outcry.kernel.settings import load_settings


def someone(*roles: str) -> Principal:
    return Principal(new_id(), new_id(), frozenset(roles))


def kind(refusal: OutcryError | None) -> type[OutcryError] | None:
    return None if refusal is None else type(refusal)


@pytest.mark.parametrize(
    ("level", "signed_out", "person", "moderator", "support", "admin"),
    [
        (Access.PUBLIC, None, None, None, None, None),
        (Access.SIGNED_IN, Unauthenticated, None, None, None, None),
        (Access.STAFF, Unauthenticated, Forbidden, None, None, None),
        (Access.MODERATOR, Unauthenticated, Forbidden, None, Forbidden, None),
        (Access.SUPPORT, Unauthenticated, Forbidden, Forbidden, None, None),
        (Access.ADMIN, Unauthenticated, Forbidden, Forbidden, Forbidden, None),
        (None, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden),
    ],
)
def test_the_whole_rule(level: Access | None, signed_out, person, moderator, support, admin) -> None:  # type: ignore[no-untyped-def]
    assert kind(may_enter(level, None)) is signed_out
    assert kind(may_enter(level, someone())) is person
    assert kind(may_enter(level, someone("moderator"))) is moderator
    assert kind(may_enter(level, someone("support"))) is support
    assert kind(may_enter(level, someone("admin"))) is admin


def test_the_table_above_knows_every_role_and_level() -> None:
    assert frozenset({"moderator", "support", "admin"}) == STAFF_ROLES
    assert len(Access) == 6


def test_a_route_that_declares_nothing_stops_the_start() -> None:
    @get("/open", opt=access(Access.PUBLIC))
    async def declared() -> None: ...

    @get("/forgotten")
    async def forgotten() -> None: ...

    refuse_undeclared_access(Litestar([declared], openapi_config=None))
    with pytest.raises(RuntimeError, match="/forgotten"):
        refuse_undeclared_access(Litestar([declared, forgotten], openapi_config=None))


def test_production_has_no_development_routes(tmp_path: Path) -> None:
    def paths(env: str) -> set[str]:
        key = "a-root-key-of-more-than-32-characters"
        settings = load_settings({}, tmp_path / "none", env=env, secret_key=key, data_dir=str(tmp_path))
        handlers = Outcry(settings, "postgresql://nobody@localhost/none").routes()
        return {path for handler in handlers for path in getattr(handler, "paths", ())}

    only_in_development = paths("development") - paths("production")
    assert only_in_development
    assert all(path.startswith(("/dev/", "/v1/dev/", "/sandbox/")) for path in only_in_development), only_in_development
    assert not [path for path in paths("production") if "/dev/" in path or "/sandbox/" in path]
