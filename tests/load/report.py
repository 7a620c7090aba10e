"""What a report of ghz says. Its exit status says nothing: it is 0 even when every call failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NANOSECONDS_PER_MILLISECOND = 1_000_000
CUT_OFF = "use of closed network connection"
"""How ghz counts the calls that it gave up itself when its time was over."""


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one scenario."""

    count: int
    """Calls that ended, well or not."""
    per_second: float
    statuses: dict[str, int]
    """Calls by gRPC status."""
    errors: dict[str, int]
    """Failed calls by message."""
    milliseconds: dict[int, float]
    """Latency by percentile, of the calls that went well."""

    @classmethod
    def read(cls, report: dict[str, Any]) -> Report:
        """Read what ghz writes as JSON; distributions that it has nothing for are null there."""
        return cls(
            count=report["count"],
            per_second=report["rps"],
            statuses=report.get("statusCodeDistribution") or {},
            errors=report.get("errorDistribution") or {},
            milliseconds={
                row["percentage"]: row["latency"] / NANOSECONDS_PER_MILLISECOND
                for row in report.get("latencyDistribution") or []
            },
        )

    def faults(self, expected: int | None = None) -> list[str]:
        """Return what is wrong: calls that failed, calls that are not accounted for. `expected` is None with `-z`."""
        found = [f"{count} × {message}" for message, count in sorted(self.errors.items()) if CUT_OFF not in message]
        cut_off = sum(count for message, count in self.errors.items() if CUT_OFF in message)
        if cut_off:
            found.append(f"{cut_off} calls were under way when the time was over; set duration-stop to wait")
        failed = sum(count for status, count in self.statuses.items() if status != "OK")
        if failed != sum(self.errors.values()):
            found.append(f"{failed} calls have a status other than OK, {sum(self.errors.values())} an error message")
        if sum(self.statuses.values()) != self.count:
            found.append(f"{self.count} calls ended, {sum(self.statuses.values())} have a status")
        if expected is not None and self.count != expected:
            found.append(f"{self.count} calls ended, {expected} were wanted")
        if not self.statuses.get("OK"):
            found.append("no call went well")
        return found

    def line(self) -> str:
        """Return the figures for people."""
        middle, last = (f"{self.milliseconds.get(percentile, float('nan')):.1f} ms" for percentile in (50, 99))
        return f"{self.count} calls, {self.per_second:.0f}/s, p50 {middle}, p99 {last}"
