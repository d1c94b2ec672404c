"""HTTP of media."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import Database
from outcry.kernel.errors import NotFound, PayloadTooLarge
from outcry.kernel.http import RequestStruct, problems
from outcry.kernel.idempotency import Idempotent
from outcry.kernel.settings import Settings
from outcry.media.service import MediaService, MediaView, Purpose, UploadTicket

_TAGS = ["Media"]
_PRIVATE = "private, max-age=600"
_ONE_YEAR = "public, max-age=31536000, immutable"


class AskUpload(RequestStruct):
    """What is going to be uploaded."""

    content_type: Literal["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]
    filename: str | None = None
    # `evidence` is private: it is shown to those who may see the dispute it was added to, by addresses that end.
    purpose: Purpose = "listing"


@post(
    "/v1/media/uploads", opt=access(Access.SIGNED_IN), tags=_TAGS, summary="Ask for an upload", responses=problems(401)
)
async def ask_upload(
    data: AskUpload, principal: Principal, database: Database, media: MediaService, idempotent: Idempotent
) -> Response[UploadTicket]:
    """Then PUT the bytes to `upload.url` with its headers, and complete."""
    async with database.transaction(principal.actor) as tx:
        return await idempotent.answer(
            tx, data, lambda: media.ask(tx, principal, data.content_type, data.purpose), status=201
        )


@put(
    "/v1/media/{media_id:uuid}/content",
    opt=access(Access.PUBLIC),
    status_code=204,
    tags=_TAGS,
    summary="Upload",
    request_max_body_size=None,
    responses=problems(401, 403, 404),
)
async def upload(
    media_id: UUID,
    request: Request[Any, Any, Any],
    media: MediaService,
    settings: Settings,
    expires: Annotated[int, Parameter(ge=0, le=2**40)],
    signature: Annotated[str, Parameter(min_length=64, max_length=64, pattern="^[0-9a-f]+$")],
) -> None:
    """The signed address is the right to upload."""
    media.check_signature(media_id, expires, signature)
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > settings.max_upload_bytes:
            raise PayloadTooLarge(f"An upload may have at most {settings.max_upload_bytes} bytes")
    await media.receive(media_id, bytes(received))


@post(
    "/v1/media/{media_id:uuid}/complete",
    opt=access(Access.SIGNED_IN),
    status_code=200,
    tags=_TAGS,
    summary="Complete an upload",
    responses=problems(401, 404, 409),
)
async def complete(media_id: UUID, principal: Principal, media: MediaService) -> MediaView:
    """Checks the real type and makes the variants; idempotent."""
    return await media.complete(principal, media_id)


@get(
    "/media/{media_id:uuid}/{name:str}",
    opt=access(Access.PUBLIC),
    tags=_TAGS,
    summary="A picture",
    media_type="image/webp",
    responses=problems(401, 403, 404),
)
async def picture(
    media_id: UUID,
    name: str,
    media: MediaService,
    expires: Annotated[int | None, Parameter(ge=0, le=2**40)] = None,
    signature: Annotated[str | None, Parameter(min_length=64, max_length=64, pattern="^[0-9a-f]+$")] = None,
) -> Response[bytes]:
    """A variant, `thumb.webp` to `full.webp`; of a private one by the address that was given out, until it ends."""
    variant, _, extension = name.partition(".")
    private = expires is not None and signature is not None
    if extension != "webp" or not variant.isalpha():
        raise NotFound()
    if expires is not None and signature is not None:
        media.check_view_signature(media_id, expires, signature)
    data = await media.read_variant(media_id, variant, private=private)
    if data is None:
        raise NotFound()
    kept = _PRIVATE if private else _ONE_YEAR
    return Response(data, media_type="image/webp", headers={"Cache-Control": kept, "X-Content-Type-Options": "nosniff"})


ROUTES: Sequence[ControllerRouterHandler] = [ask_upload, upload, complete, picture]
