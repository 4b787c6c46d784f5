"""A stamp says whether an installed folder still matches its sources."""

from pathlib import Path

from derms import stamps


def test_digest_changes_with_a_source_and_with_a_word(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("a==1")
    before = stamps.digest([lock], "x")

    lock.write_text("a==2")
    after = stamps.digest([lock], "x")

    assert before != after
    assert stamps.digest([lock], "y") != after
    assert stamps.digest([lock], "x") == after


def test_digest_tells_two_files_from_one_that_holds_both(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "2"), ("ab", "12"), ("empty", "")):
        (tmp_path / name).write_text(text)

    apart = stamps.digest([tmp_path / "a", tmp_path / "b"])

    assert apart != stamps.digest([tmp_path / "ab", tmp_path / "empty"])


def test_finished_stamp_is_current_for_its_digest_only(tmp_path: Path) -> None:
    stamp = tmp_path / "derms.stamp"

    stamps.finish(stamp, "one")

    assert stamps.is_current(stamp, "one")
    assert not stamps.is_current(stamp, "two")
    assert [path.name for path in tmp_path.iterdir()] == ["derms.stamp"]


def test_begun_work_is_not_current_until_it_is_finished(tmp_path: Path) -> None:
    stamp = tmp_path / "derms.stamp"
    stamps.finish(stamp, "one")

    stamps.begin(stamp)

    assert not stamps.is_current(stamp, "one")
