"""`scrapy evidence` as users run it; its WACZ file is judged by py-wacz."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.support.commands import Run, scrapy
from tests.support.environments import environment
from tests.support.proven import evidence_of, texts_of_commands
from tests.support.service import rows

if TYPE_CHECKING:
    from pathlib import Path


def test_evidence_with_damaged_records_is_written_as_far_as_it_goes(sample_run: Run, tmp_path: Path) -> None:
    output = sample_run.copied_to(tmp_path / "output")
    warc = output / "warc" / "policies-00001.warc.gz"
    ((offset,),) = rows(output, "SELECT offset FROM mementos WHERE timestamp = '20231111111111'")
    data = warc.read_bytes()
    warc.write_bytes(data[: offset + 500] + bytes(200) + data[offset + 700 :])
    run = scrapy("evidence", "Northlane", "--at", "2023-06", output=output)
    assert run.status == 3, run.stderr
    said = [line for line in run.stderr.splitlines() if line.startswith("scrapy evidence: ")]
    assert len(said) == 1
    assert f"{warc} at byte {offset}: " in said[0]
    assert "20231111111111); a crawl fetches it again" in said[0]
    assert "not complete: 1 could not be had" in run.stdout
    (folder,) = (output / "evidence" / "northlane.example").iterdir()
    (wacz,) = folder.glob("*.wacz")
    judge = environment("validators") / "wacz"
    done = subprocess.run([judge, "validate", "-f", wacz], capture_output=True, text=True, check=False)
    assert "Validation succeeded" in done.stdout, done.stdout + done.stderr
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False)
    assert sums.returncode == 0, sums.stdout


def test_note_has_the_commands_that_make_the_texts_again(sample_run: Run) -> None:
    files = evidence_of(sample_run.output, 5, "northlane.example")
    texts = sorted(name for name in files if name.startswith("text/"))[::-1]  # before, after
    assert len(texts) == 2
    assert texts_of_commands(files) == [files[name] for name in texts]
    assert "--kind" not in files["NOTE.txt"].decode()
