"""Files, functions and templates stay short; waivers.txt may only shrink."""

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WAIVERS = {
    line.split("  ")[0]
    for line in (Path(__file__).parent / "waivers.txt").read_text().splitlines()
    if line and not line.startswith("#")
}
FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 400, 600, 50, 150
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base"}


def tracked(pattern: str) -> list[Path]:
    """Files git knows or would add, so that the rule also holds before a commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


def source_files() -> list[Path]:
    return [path for path in tracked("*.py") if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_are_short() -> None:
    too_long = {}
    for path in source_files():
        lines = len(path.read_text().splitlines())
        limit = TEST_FILE_LINES if name_of(path).startswith("tests/") else FILE_LINES
        if lines > limit and name_of(path) not in WAIVERS:
            too_long[name_of(path)] = lines

    assert too_long == {}


def test_functions_are_short() -> None:
    too_long = {}
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            name = f"{name_of(path)}:{node.name}"
            if lines > FUNCTION_LINES and name not in WAIVERS:
                too_long[name] = lines

    assert too_long == {}


def test_templates_are_short() -> None:
    too_long = {
        name_of(path): len(path.read_text().splitlines())
        for path in tracked("templates/*.html")
        if len(path.read_text().splitlines()) > TEMPLATE_LINES and name_of(path) not in WAIVERS
    }

    assert too_long == {}


def test_no_drawer_for_everything() -> None:
    drawers = [name_of(path) for path in source_files() if path.stem in FORBIDDEN_NAMES]

    assert drawers == []
