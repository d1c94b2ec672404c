"""A real server on a free loopback port inside the test's event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

START_SECONDS = 30


@asynccontextmanager
async def serving(app: Any, *, ws: Any = "websockets-sansio", http: Any = "httptools") -> AsyncIterator[str]:
    """Serve an ASGI app on 127.0.0.1 and give its base URL; stopped at the end of the block."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws=ws, http=http, lifespan="on")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(START_SECONDS):
        while not server.started:
            if task.done():
                await task
                raise RuntimeError("the server ended before it started")
            await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
