"""The `outcry` command (API.md "The command")."""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from outcry import __version__
from outcry.kernel.settings import Settings, SettingsError, load_settings

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. A wrong setting is one clear line, not a trace."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
        from outcry.kernel.logs import configure_logging

        configure_logging(settings)
        run: Command = options.run
        return run(settings, options)
    except SettingsError as wrong:
        print(f"outcry: {wrong}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as failed:
        if type(failed).__name__ == "EmbeddedPostgresError":
            print(f"outcry: {failed}", file=sys.stderr)
            return 1
        raise


def _settings(options: argparse.Namespace) -> Settings:
    names = ("host", "port", "data_dir", "workers")
    overrides: dict[str, Any] = {name: getattr(options, name, None) for name in names}
    overrides.update(getattr(options, "fixed", {}))
    return load_settings(**overrides)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="outcry", description="The live-auction marketplace, in one command.")
    parser.add_argument("--version", action="version", version=f"outcry {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words, description=words)
        added.set_defaults(run=run)
        added.add_argument("--data-dir", help="folder of the embedded database and uploads")
        return added

    for name, run, words in (
        ("serve", _serve, "Serve everything: database, API, pages, clock and jobs."),
        ("demo", _demo, "The same with people, listings and live auctions that move."),
    ):
        serving = command(name, run, words)
        serving.add_argument("--host", help="address to listen on")
        serving.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
        serving.add_argument("--workers", type=int, help="API processes; more than one needs OUTCRY_REDIS_URL")
        serving.add_argument("--role", choices=("api", "worker", "all", "child"), default="all", help="what to run")
    command("migrate", _migrate, "Bring the database's schema up to date.")
    seed = command("seed", _seed, "Add the sample people, listings and auctions to a running server.")
    seed.add_argument("--url", default="http://127.0.0.1:8000", help="the server's address")
    doctor = command("doctor", _doctor, "Look for what is wrong and say how to mend it.")
    doctor.add_argument("--settings", action="store_true", help="print the settings table")
    command("audit", _audit, "Check every auction's history and every transfer, balance and hold; exit 1 on a fault.")
    keys = command("keys", _keys, "Tell which secret keys are still needed; exit 1 when an older one is.")
    keys.add_argument("--reencrypt", action="store_true", help="first bring everything under the newest key, now")
    user = command("user", _user, "Manage people.")
    actions = user.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="Create a verified person.")
    create.add_argument("--email", required=True)
    create.add_argument("--password", help="else it is asked for, or read from standard input")
    create.add_argument("--name", default="Staff")
    create.add_argument("--staff", choices=("moderator", "support", "admin"), help="with this staff role")
    command("openapi", _openapi, "Print the OpenAPI document.")
    return parser


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    from outcry import serving

    if options.role == "child":
        return serving.serve_child(settings)
    return serving.serve(settings, options.role)


def _demo(settings: Settings, options: argparse.Namespace) -> int:
    from outcry import serving
    from outcry.kernel.logs import configure_logging

    if settings.is_production:
        raise SettingsError("the demo runs in the development environment only")
    chosen: dict[str, Any] = {}
    if "OUTCRY_RATE_LIMITS" not in os.environ:
        # Everybody in the sample world calls from one address.
        chosen["rate_limits"] = "off"
    if "OUTCRY_LOG_LEVEL" not in os.environ:
        # The sample log-ins must not drown in the access log of the bots.
        chosen["log_level"] = "warning"
    if chosen:
        settings = load_settings(
            host=options.host, port=options.port, data_dir=options.data_dir, workers=options.workers, **chosen
        )
        configure_logging(settings)
    crowds: list[subprocess.Popen[bytes]] = []

    def ready(url: str) -> None:
        crowds.append(subprocess.Popen([sys.executable, "-m", "outcry.demo", url]))

    try:
        return serving.serve(settings, options.role, on_ready=ready)
    finally:
        for crowd in crowds:
            crowd.terminate()
            crowd.wait()


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    from outcry import serving
    from outcry.kernel import migrations

    with serving.database_urls(settings) as (owner_url, _app_url):
        serving.migrate(owner_url)
        print(f"the database is at revision {migrations.current_revision(owner_url)}")
    return 0


def _seed(_: Settings, options: argparse.Namespace) -> int:
    from outcry.demo.__main__ import seed_only

    return asyncio.run(seed_only(options.url))


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    from outcry import doctor

    return doctor.run(settings, show_settings=options.settings)


def _audit(settings: Settings, _: argparse.Namespace) -> int:
    from outcry.auctions.audit import audit_auctions
    from outcry.kernel.database import Database
    from outcry.ledger.audit import audit_ledger
    from outcry.orders.aftersale_audit import audit_aftersale
    from outcry.orders.audit import audit_orders
    from outcry.payments.audit import audit_payments

    async def audit(app_url: str) -> int:
        database = Database(app_url, pool_connections=2)
        faults = 0
        for domain in (audit_auctions, audit_ledger, audit_payments, audit_orders, audit_aftersale):
            async for fault in domain(database):
                faults += 1
                print(fault)
        await database.close()
        print(
            f"audit: {faults} faults"
            if faults
            else "audit: every auction's history, price and count is right, every transfer and balance too"
        )
        return 1 if faults else 0

    with _reachable_database(settings) as app_url:
        return asyncio.run(audit(app_url))


def _reachable_database(settings: Settings) -> Any:
    """The app's database for a command that may run beside `serve`: its server if it runs, else one of our own."""
    import contextlib

    from outcry import serving
    from outcry.kernel.embedded import EmbeddedPostgresError, running_url

    @contextlib.contextmanager
    def opened() -> Any:
        if not settings.database_url:
            url = running_url(settings.data_path)
            if url is not None:
                yield url.replace("postgresql://postgres@", "postgresql://outcry_app@", 1)
                return
        try:
            with serving.database_urls(settings) as (_, app_url):
                yield app_url
        except EmbeddedPostgresError as busy:
            raise SettingsError(str(busy)) from None

    return opened()


def _keys(settings: Settings, options: argparse.Namespace) -> int:
    from outcry.app import Outcry
    from outcry.kernel.reencryption import told_uses

    async def look(app_url: str) -> int:
        outcry = Outcry(settings, app_url)
        try:
            while options.reencrypt and await outcry.reencryption.run():
                pass
            needed, lines = told_uses(outcry.keys, await outcry.reencryption.key_uses())
        finally:
            await outcry.database.close()
        print("\n".join(lines))
        return 1 if needed else 0

    with _reachable_database(settings) as app_url:
        return asyncio.run(look(app_url))


def _user(settings: Settings, options: argparse.Namespace) -> int:
    import getpass

    from outcry.identity.errors import EmailTaken

    password = options.password or (getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().strip())
    if len(password) < 8:
        raise SettingsError("a password has at least 8 characters")

    async def create(app_url: str) -> int:
        from outcry.app import Outcry

        outcry = Outcry(settings, app_url)
        try:
            await outcry.timekeeper.listen()
            user_id = await outcry.accounts.create_staff(
                email=options.email, password=password, display_name=options.name, role=options.staff
            )
        except EmailTaken as taken:
            print(f"outcry: {taken.detail}", file=sys.stderr)
            return 1
        finally:
            await outcry.database.close()
        print(user_id)
        return 0

    with _reachable_database(settings) as app_url:
        return asyncio.run(create(app_url))


def _openapi(settings: Settings, _: argparse.Namespace) -> int:
    import msgspec

    from outcry.app import Outcry

    document = Outcry(settings, "postgresql://nobody@localhost/none").openapi_document()
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    return 0
