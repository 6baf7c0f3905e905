"""What a run takes on a slow network, with more workers, and in a business with many records.

Between suite and provider stands a relay that keeps each answer back for the latency. The goal is
1.5 x (requests / workers) x latency, and a run that is flat in the number of records.
Run: python benchmarks/scale.py [--latency 0,50,200] [--workers 1,8,32] [--records 100,1000000]
     [--write]
"""

import argparse
import asyncio
import json
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sbw_conformance.provider import Reference
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Target

RESULTS = Path(__file__).parent / "results" / "scale.json"
GOAL = 1.5
CLASSES = "core,contacts,bulk"


class Relay:
    """Passes bytes on between clients and a provider; answers come `seconds` later."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.host = host
        self.port = port
        self.seconds = seconds

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until one of its ends closes it."""
        from_provider, to_provider = await asyncio.open_connection(self.host, self.port)
        ways = (
            self.passed(reader, to_provider, 0.0),
            self.passed(from_provider, writer, self.seconds),
        )
        await asyncio.gather(*ways)

    @staticmethod
    async def passed(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
    ) -> None:
        """Pass on what comes, so much later, in its order."""
        try:
            while data := await reader.read(65536):
                if seconds:
                    await asyncio.sleep(seconds)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@contextmanager
def relayed(target: Target, seconds: float) -> Iterator[Target]:
    """A target that answers later; the same one without latency."""
    if not seconds:
        yield target
        return
    there = urlsplit(target.base)
    loop = asyncio.new_event_loop()
    relay = Relay(there.hostname or "", there.port or 80, seconds)
    server = loop.run_until_complete(asyncio.start_server(relay.connected, "127.0.0.1", 0))
    port = server.sockets[0].getsockname()[1]
    threading.Thread(target=loop.run_forever, daemon=True).start()
    try:
        # The provider says its own address: what it calls itself has to be what it is asked as.
        yield replace(target, base=f"http://127.0.0.1:{port}{there.path}")
    finally:
        loop.call_soon_threadsafe(loop.stop)


def run(target: Target, workers: int, latency: int) -> dict[str, Any]:
    """One run of the suite, with what it took."""
    with relayed(target, latency / 1000) as seen:
        report = judge(seen, Options(workers=workers, evidence=False))
    end = report.end
    ideal = end["requests"] / workers * latency / 1000
    return {
        "latency_ms": latency,
        "workers": workers,
        "requests": end["requests"],
        "seconds": end["seconds"],
        "of_ideal": round(end["seconds"] / ideal, 2) if ideal else None,
        "peak_mb": round(end["peak_bytes"] / 1e6),
        "verdict": str(report.verdict),
    }


def main() -> None:
    """Measure, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", default="0,50,200", help="milliseconds, separated by commas")
    parser.add_argument("--workers", default="1,8,32")
    parser.add_argument("--records", default="100,1000000")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = []
    for records in map(int, options.records.split(",")):
        with Reference("--classes", CLASSES, "--seed-data", str(records)) as provider:
            first = records == int(options.records.split(",")[0])
            for latency in map(int, options.latency.split(",")) if first else (0,):
                for workers in map(int, options.workers.split(",")) if first else (8,):
                    row = {"records": records, **run(provider.target, workers, latency)}
                    rows.append(row)
                    print(row, flush=True)
    if options.write:
        content = {
            "date": datetime.now(UTC).date().isoformat(),
            "versions": {
                "python": platform.python_version(),
                "machine": platform.machine(),
                "smallbusinessweb": version("smallbusinessweb"),
            },
            "goal_of_ideal": GOAL,
            "runs": rows,
        }
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
