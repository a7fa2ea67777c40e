"""Take out the code that each trouble of the archive is for, and see that a test fails: `python tools/mutate.py [WORD]`.

tools/mutations.toml is the table: the contract's clause, the switches of tests/support/double/behaviour.py that stand for
it, a file, a piece of it, what to write in its place, and the tests that should notice. Each mutation is made in a temporary
copy of the project. Ends with status 1 if a test passes all the same, if a piece is not found exactly once, or if a
switch is not in the table. WORD picks the mutations that have it anywhere in their row. Takes minutes.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "output", ".*_cache", ".hypothesis")
_FAILED = 1
"""pytest's exit status where tests ran, and some failed; others mean that it could not run them."""
LONGEST = 600
"""Seconds for the tests of one mutation: code can be taken out that ends something."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One row of the table."""

    clause: str
    file: str
    code: str
    without: str
    tests: str
    switches: str = ""

    def apply(self, folder: Path) -> None:
        """Make the change. Raises ValueError if the code is not there exactly once."""
        path = folder / self.file
        text = path.read_text()
        if text.count(self.code) != 1:
            raise ValueError(f"{self.file} has this {text.count(self.code)} times, not once: {self.code!r}")
        path.write_text(text.replace(self.code, self.without))


def run_tests(folder: Path, *tests: str, longest: float | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-x", "-n0", "-p", "no:cacheprovider", *tests]
    own = {"PYTHONDONTWRITEBYTECODE": "1"}  # a change within a second, of the same length, is not seen in a .pyc
    return subprocess.run(  # noqa: S603
        command, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=longest
    )


def what_becomes_of(mutation: Mutation, folder: Path) -> str:
    """Return "" if a test notices, else what is wrong; the folder is as it was before."""
    path = folder / mutation.file
    before = path.read_text()
    try:
        mutation.apply(folder)
        done = run_tests(folder, *mutation.tests.split(), longest=LONGEST)
    except (ValueError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        path.write_text(before)
    if done.returncode == _FAILED:
        return ""
    return "SURVIVED" if done.returncode == 0 else f"could not be tried: {done.stdout[-500:]}"


def missing_switches(mutations: list[Mutation]) -> set[str]:
    """Return the switches of the double that no mutation names."""
    sys.path.insert(0, str(ROOT))
    from tests.support.double.behaviour import Behaviour  # noqa: PLC0415 - needs the path

    named = {switch for mutation in mutations for switch in mutation.switches.split()}
    return {field.name for field in dataclasses.fields(Behaviour)} - named


def main() -> None:
    """Try the mutations one after the other, and print what became of each."""
    table = tomllib.loads((ROOT / "tools" / "mutations.toml").read_text())["mutation"]
    mutations = [Mutation(**row) for row in table]
    problems = [f"no mutation for the switch {switch}" for switch in sorted(missing_switches(mutations))]
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [each for each in mutations if word in " ".join(dataclasses.astuple(each))]
    if not chosen:
        sys.exit(f"no mutation has {word!r} in its row")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(shutil.copytree(ROOT, Path(temporary) / "project", ignore=_LEFT_OUT))
        done = run_tests(folder, *sorted({test for each in chosen for test in each.tests.split()}))
        if done.returncode:
            sys.exit(f"the tests fail as it is:\n{done.stdout[-2000:]}")
        for mutation in chosen:
            wrong = what_becomes_of(mutation, folder)
            print(f"{wrong or 'noticed'}: {mutation.clause} ({mutation.file})", flush=True)
            problems += [f"{mutation.clause}: {wrong}"] if wrong else []
    sys.exit("\n".join(problems) if problems else 0)


if __name__ == "__main__":
    main()
