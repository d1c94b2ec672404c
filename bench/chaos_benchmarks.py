"""Money in chaos: hundreds of people trade over the real command while it and its database are killed (laws 1, 2)."""

from tests.support.chaos import storm

from bench.context import Context
from bench.stats import table

FULL = storm.Plan(operations=10_000, people=300, kills=6)
QUICK = storm.Plan(operations=600, people=40, kills=2)
SHOWN_FAULTS = 20


async def money_chaos(context: Context) -> str:
    """Everything of one run: a law holds or it does not, so there is no median."""
    report = await storm.run(QUICK if context.quick else FULL)
    faults = [fault for found in report.faults.values() for fault in found]
    refused = ", ".join(f"{code} {times:,}" for code, times in report.refused.most_common())
    rows = [
        ("people at once", f"{report.people:,}"),
        ("operations", f"{report.operations:,}"),
        ("operations a second, kills included", report.operations / report.seconds),
        ("calls; sent again because they were not answered", f"{report.calls:,}; {report.repeats:,}"),
        ("transfers in the ledger", f"{report.transfers:,}"),
        ("webhooks; copies sent; came after a later one", _webhooks(report.webhooks)),
        ("seconds from the last operation until nothing was on its way", report.settled_after_seconds),
    ]
    kills = [(str(place), kill.what, kill.back_after_seconds) for place, kill in enumerate(report.kills, 1)]
    return (
        "The command as it is installed, with its own PostgreSQL and durable commits. People buy, pay by wallet and"
        " card, send, hand over, confirm, give back, dispute, top up, withdraw, buy gas and bid on auctions that bind"
        " money; one call in seven is made twice at the same moment. Every webhook comes in"
        f" {storm.COPIES} copies and shuffled. Everything is killed by SIGKILL.\n\n"
        + table(("what", ""), rows)
        + f"\n\nKinds of movement: {', '.join(sorted(report.movements))}.\n\nRefused as they must be: {refused}.\n\n"
        + table(("kill", "of", "answered again after s"), kills)
        + "\n\n"
        + table(("audit", "faults"), [(name, f"{len(found):,}") for name, found in report.faults.items()])
        + "".join(f"\n- {fault}" for fault in faults[:SHOWN_FAULTS])
    )


def _webhooks(webhooks: storm.Webhooks) -> str:
    return "; ".join(f"{each:,}" for each in (webhooks.told, webhooks.copies, webhooks.overtaken))
