"""What is generated from the contract: `stubs.py write` makes it, `stubs.py verify` fails unless what is there is what
would be made. It is committed, and ships: the code beside the .proto files, and above them `contract.binpb`, a
`google.protobuf.FileDescriptorSet` of all of them with their imports and their comments.
"""

from __future__ import annotations

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = Path("syncline")
CONTRACT = PACKAGE / "v1"
PATTERNS = ("v1/*_pb2.py", "v1/*_pb2.pyi", "v1/*_pb2_grpc.py", "contract.binpb")


def generate(into: Path) -> None:
    """Generate everything for every .proto of the contract into a source root."""
    (into / PACKAGE).mkdir(exist_ok=True)
    sources = sorted((ROOT / "proto" / CONTRACT).glob("*.proto"))
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc"),
            *(f"-I{ROOT / folder}" for folder in ("proto", "third_party/googleapis")),
            *(f"--{plugin}_out={into}" for plugin in ("python", "pyi", "grpc_python")),
            # The same bytes each time: protoc writes files in the order of the arguments, each after its imports.
            *(
                f"--descriptor_set_out={into / PACKAGE / 'contract.binpb'}",
                "--include_imports",
                "--include_source_info",
            ),
            *map(str, sources),
        ],
        check=True,
    )
    for service_stub in (into / CONTRACT).glob("*_pb2_grpc.py"):
        if "class " not in service_stub.read_text(encoding="utf-8"):
            service_stub.unlink()  # made for files without a service, too


def generated(root: Path) -> set[str]:
    """Return the generated files in a source root, as paths from there."""
    return {str(path.relative_to(root)) for pattern in PATTERNS for path in (root / PACKAGE).glob(pattern)}


def differences(fresh: Path, committed: Path) -> list[str]:
    """Return one line for every file that is missing, out of date, or no longer made."""
    new, old = generated(fresh), generated(committed)
    _, changed, _ = filecmp.cmpfiles(fresh, committed, new & old, shallow=False)
    kinds = (("is missing", new - old), ("is out of date", set(changed)), ("has no .proto file any more", old - new))
    return sorted(f"{name} {kind}" for kind, names in kinds for name in names)


def main(verb: str) -> int:
    """Write or verify; the exit status is 1 when something differs."""
    committed = ROOT / "proto"
    if verb == "write":
        for name in generated(committed):
            (committed / name).unlink()
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
