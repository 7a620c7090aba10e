"""Runs the ghz scenarios of this folder against a `syncline dev` of its own, and prints their figures.

One scenario builds on the one before: tasks are created that park, each is modified, each outcome is awaited. A
scenario file may also be run by hand: it lacks only `--insecure`, `--metadata` with a key's `authorization`, and the
address.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes.credentials import basic
from load.report import Report
from running import running_dev

if TYPE_CHECKING:
    from syncline_cli.devfile import DevFile

SCENARIOS = ("create_and_wait", "create_parked", "modify", "await_stream")
HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """Run all scenarios; the exit status is 1 when a call of any failed."""
    parser = argparse.ArgumentParser(description="Run the ghz scenarios.")
    parser.add_argument("--ghz", default="ghz", help="the program")
    parser.add_argument("--total", type=int, help="calls per scenario (default: as its file says)")
    parsed = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as folder, running_dev(Path(folder)) as dev:
        for name in SCENARIOS:
            scenario = completed(json.loads((HERE / f"{name}.json").read_text()), dev.key, parsed.total)
            report = Report.read(run(parsed.ghz, scenario, Path(folder)))
            print(f"{scenario['name']}: {report.line()}", flush=True)
            for fault in report.faults(scenario["total"]):
                failed += 1
                print(f"  FAULT {fault}", flush=True)
    return 1 if failed else 0


def completed(scenario: dict[str, Any], key: DevFile, total: int | None) -> dict[str, Any]:
    """Return a scenario with the address and the key of a running server."""
    return {
        **scenario,
        "host": key.grpc,
        "insecure": True,
        "metadata": {"authorization": basic(key.login, key.secret)},
        "total": total or scenario["total"],
    }


def run(ghz: str, scenario: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run one scenario and return ghz's report."""
    config = folder / "scenario.json"
    config.write_text(json.dumps(scenario))
    done = subprocess.run([ghz, f"--config={config}", "--format=json"], stdout=subprocess.PIPE, timeout=300, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


if __name__ == "__main__":
    sys.exit(main())
