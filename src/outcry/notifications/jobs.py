"""Background work of notifications."""

from outcry.kernel.jobs import Jobs
from outcry.notifications.service import Notifications


def register(jobs: Jobs, notifications: Notifications) -> None:
    """Forget old ones every hour."""
    jobs.register("notifications.prune", notifications.prune, cron="23 * * * *")
