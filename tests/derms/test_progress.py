"""What a person sees of the steps: one line each, with its seconds."""

import os
import time

import pytest

from derms import progress


def test_step_is_one_line_with_its_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.step("Python packages"):
        pass

    assert capsys.readouterr().out == f"  {'Python packages '.ljust(44, '.')}  0.0 s\n"


def test_step_that_fails_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no"), progress.step("Python packages"):
        raise ValueError("no")

    assert capsys.readouterr().out.endswith(" not done\n")


def test_word_in_between_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.step("Programs"):
        progress.note("web: WARNING slow")

    first, note, last = capsys.readouterr().out.splitlines()
    assert first.strip().startswith("Programs ...")
    assert note == "  web: WARNING slow"
    assert last.startswith("  Programs ...")
    assert last.endswith(" s")


def test_seconds_count_from_the_start_of_this_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(progress.STARTED_AT, f"{os.getpid()} {time.time() - 60}")
    ours = progress.seconds_since_start()
    monkeypatch.setenv(progress.STARTED_AT, f"{os.getppid()} {time.time() - 60}")
    inherited = progress.seconds_since_start()
    progress.mark_start()

    assert 60 <= ours < 70
    assert inherited < 1
    assert progress.seconds_since_start() < 1
