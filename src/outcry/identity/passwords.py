"""Password hashes: Argon2id in a few threads, so that signing in never stops the bidding (SPEC ID-1)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's second choice (19 MiB, 2 passes): one check costs tens of milliseconds of one core.
MEMORY_KIB = 19_456
PASSES = 2
THREADS = 2


class Passwords:
    """Hashes and checks; counts its checks, so that a test can see that an unknown e-mail costs one too."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._nobody: str | None = None
        self.checks = 0

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run(self._hasher.hash, password)

    async def check(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one; for nobody (None) the same work is done, and the answer is no."""
        self.checks += 1
        if stored is None:
            self._nobody = self._nobody or await self.hash("nobody's password")
            await self._run(self._verify, self._nobody, password)
            return False
        return await self._run(self._verify, stored, password)

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with older parameters."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, call, *arguments):  # type: ignore[no-untyped-def]
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)
