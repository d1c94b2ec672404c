"""What `outcry audit` is made of: checks that each domain registers, and the faults they find."""

from collections.abc import AsyncIterator, Callable

import msgspec

from outcry.kernel.database import Database


class Fault(msgspec.Struct, frozen=True):
    """Something that must not be: which check found it, on what, and why."""

    check: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}: {self.detail}"


Check = Callable[[Database], AsyncIterator[Fault]]
