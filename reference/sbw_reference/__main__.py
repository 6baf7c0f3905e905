"""The commands: serve one app, list the defects, or run a fleet."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence

from sbw_reference import declared_files, defects, fleet, server
from sbw_reference.errors import UsageError
from sbw_reference.server import Running, Settings
from sbw_validator.errors import SBWError

EXIT_USAGE = 2


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m sbw_reference",
        description="A provider that keeps the Small Business Web standard, or breaks it.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve one app", description="Serve one app.")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=int, default=0, help="port, 0 for a free one (%(default)s)")
    serve.add_argument("--classes", help="classes to claim, such as core,contacts (all)")
    serve.add_argument("--defect", metavar="ID", help="break the standard in one way")
    serve.add_argument("--variant", metavar="ID", help="use a freedom that the standard gives")
    serve.add_argument(
        "--declare", metavar="FILE", help="YAML or JSON: what to declare of each resource"
    )
    serve.add_argument("--db", metavar="URL", help="database (a throw-away SQLite file)")
    serve.add_argument(
        "--seed-data", type=int, default=0, metavar="N", help="records to begin with"
    )
    serve.add_argument("--ready-json", action="store_true", help="print one JSON line when ready")
    listing = commands.add_parser("defects", help="list the defects", description="List them.")
    listing.add_argument("--json", action="store_true", help="print a JSON array")
    free = commands.add_parser(
        "variants", help="list the variants", description="List correct providers of other kinds."
    )
    free.add_argument("--json", action="store_true", help="print a JSON array")
    commands.add_parser("fleet", help="run many apps, told by JSON lines on standard input")
    return top


def serve(options: argparse.Namespace) -> None:
    """Serve one app until a signal ends it."""
    names = options.classes.split(",") if options.classes else None
    classes = tuple(name.strip() for name in names) if names else None
    settings = Settings(
        host=options.host,
        port=options.port,
        classes=classes,
        database=options.db,
        seed_data=options.seed_data,
        declares=declared_files.read(options.declare) if options.declare else None,
    )
    running = server.start(settings, defects.behave(options.defect, options.variant).behaviour)
    asyncio.run(until_signal(running, as_json=options.ready_json))


def show_defects(*, as_json: bool) -> None:
    """Print all defects, as a JSON array or a line each."""
    found = defects.defects().values()
    if as_json:
        print(json.dumps(defects.to_json(found), indent=1))
        return
    for defect in found:
        print(f"{defect.id}  ({', '.join(defect.expects)})  {defect.title}")


def show_variants(*, as_json: bool) -> None:
    """Print all variants, as a JSON array or a line each."""
    found = [{"id": one.id, "title": one.title} for one in defects.variants_by_id().values()]
    lines = (f"{one['id']}  {one['title']}" for one in found)
    print(json.dumps(found, indent=1) if as_json else "\n".join(lines))


def announce(running: Running, *, as_json: bool) -> None:
    """Print where the app listens and how to get in."""
    if as_json:
        print(json.dumps(running.to_json()), flush=True)
        return
    print(f"The reference provider listens at {running.url}/ (Ctrl-C stops it). Its tokens:")
    for name, found in running.inhabitants.clients.items():
        print(f"export SBW_{name.upper()}_TOKEN={found.token}")
    name, first = next(iter(running.inhabitants.clients.items()))
    for kind, token in first.scoped.items():
        print(f"export SBW_{name.upper()}_{kind.upper()}_TOKEN={token}")
    sys.stdout.flush()


async def until_signal(running: Running, *, as_json: bool) -> None:
    """Say that the app is ready, and serve until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.stop)
    try:
        announce(running, as_json=as_json)
    except BaseException:
        running.close()
        raise
    await running.serve()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 2 for a mistake of the caller."""
    options = parser().parse_args(arguments)
    try:
        if options.command == "serve":
            serve(options)
        elif options.command == "fleet":
            asyncio.run(fleet.run(sys.stdin, defects.behave))
        elif options.command == "variants":
            show_variants(as_json=options.json)
        else:
            show_defects(as_json=options.json)
    except (UsageError, SBWError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
