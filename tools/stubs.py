"""The contract's generated code: `stubs.py write` makes it, `stubs.py verify` fails unless what is there is what would
be made. It stands beside the .proto files, is committed, and ships.
"""

from __future__ import annotations

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONTRACT = Path("syncline/v1")
PATTERNS = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py")


def generate(into: Path) -> None:
    """Generate code for every .proto of the contract into a source root."""
    sources = sorted((ROOT / "proto" / CONTRACT).glob("*.proto"))
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc"),
            *(f"-I{ROOT / folder}" for folder in ("proto", "third_party/googleapis")),
            *(f"--{plugin}_out={into}" for plugin in ("python", "pyi", "grpc_python")),
            *map(str, sources),
        ],
        check=True,
    )
    for service_stub in (into / CONTRACT).glob("*_pb2_grpc.py"):
        if "class " not in service_stub.read_text(encoding="utf-8"):
            service_stub.unlink()  # made for files without a service, too


def generated(root: Path) -> set[str]:
    """Return the names of the generated files in a source root."""
    return {path.name for pattern in PATTERNS for path in (root / CONTRACT).glob(pattern)}


def differences(fresh: Path, committed: Path) -> list[str]:
    """Return one line for every file that is missing, out of date, or no longer made."""
    new, old = generated(fresh), generated(committed)
    _, changed, _ = filecmp.cmpfiles(fresh / CONTRACT, committed / CONTRACT, new & old, shallow=False)
    kinds = (("is missing", new - old), ("is out of date", set(changed)), ("has no .proto file any more", old - new))
    return sorted(f"{CONTRACT / name} {kind}" for kind, names in kinds for name in names)


def main(verb: str) -> int:
    """Write or verify; the exit status is 1 when something differs."""
    committed = ROOT / "proto"
    if verb == "write":
        for name in generated(committed):
            (committed / CONTRACT / name).unlink()
        generate(committed)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        found = differences(Path(folder), committed)
    for line in found:
        print(f"proto/{line}: run `make proto`")
    return 1 if found else 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["write"], ["verify"]):
        sys.exit("usage: stubs.py write|verify")
    sys.exit(main(sys.argv[1]))
