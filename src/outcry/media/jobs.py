"""Background work of uploads."""

from outcry.kernel.jobs import Jobs
from outcry.media.service import CLEANED_AT_ONCE, MediaService

MAX_ROUNDS = 50


def register(jobs: Jobs, media: MediaService) -> None:
    """Remove every hour what was uploaded and never used (SPEC CAT-3)."""

    async def clean_orphans() -> None:
        for _ in range(MAX_ROUNDS):
            if await media.clean_orphans() < CLEANED_AT_ONCE:
                return

    jobs.register("media.clean_orphans", clean_orphans, cron="17 * * * *")
