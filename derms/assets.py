"""Bring the pages' third-party files, as locked in package-lock.json, into static/vendor."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from derms import stamps

# Package, then what is copied out of it, and nothing else.
FILES = {
    "uplot": ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"),
    "@fontsource-variable/inter": (
        "files/inter-latin-wght-normal.woff2",
        "files/inter-latin-ext-wght-normal.woff2",
        "LICENSE",
    ),
}
LOCKED = ("package.json", "package-lock.json")
INSTALL = ("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")


class AssetsError(Exception):
    """The front-end files could not be brought; the message says why and what to do."""


def are_current(root: Path) -> bool:
    vendor = _vendor(root)
    complete = all((vendor / place).is_file() for _, place in _copies())
    return complete and stamps.is_current(vendor / "derms.stamp", _wanted(root))


def bring(root: Path, *, bring_node: Callable[[], Path], environment: Mapping[str, str]) -> None:
    """Install the locked packages in a temporary folder and copy the wanted files out of them."""
    vendor = _vendor(root)
    attempt = vendor.with_name(vendor.name + ".new")
    with tempfile.TemporaryDirectory(prefix="derms-npm-") as temporary:
        folder = Path(temporary)
        _install(root, folder, bring_node=bring_node, environment=environment)
        shutil.rmtree(attempt, ignore_errors=True)
        for source, place in _copies():
            target = attempt / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / "node_modules" / source, target)
    stamps.finish(attempt / "derms.stamp", _wanted(root))
    shutil.rmtree(vendor, ignore_errors=True)
    attempt.rename(vendor)


def folder_of(package: str) -> str:
    """Return the package's folder in static/vendor, without npm's scope signs."""
    return package.removeprefix("@").replace("/", "-")


def _copies() -> Iterator[tuple[Path, Path]]:
    for package, files in FILES.items():
        for file in files:
            yield Path(package, file), Path(folder_of(package), Path(file).name)


def _vendor(root: Path) -> Path:
    return root / "static" / "vendor"


def _wanted(root: Path) -> str:
    return stamps.digest([root / name for name in LOCKED], repr(FILES))


def _install(
    root: Path,
    folder: Path,
    *,
    bring_node: Callable[[], Path],
    environment: Mapping[str, str],
) -> None:
    """Run npm from the PATH; where it is missing or fails, run the one that comes as a wheel."""
    for name in LOCKED:
        shutil.copyfile(root / name, folder / name)
    on_path = shutil.which("npm")
    if on_path and not _npm((on_path,), folder, environment):
        return
    node = bring_node()
    program = (str(node / "bin/node"), str(node / "lib/node_modules/npm/bin/npm-cli.js"))
    if said := _npm(program, folder, environment):
        raise AssetsError(
            f"npm could not install what package-lock.json names:\n{said}\n"
            "It needs the npm registry, directly or as set in ~/.npmrc. Run the command again."
        )


def _npm(program: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> str:
    """Return what npm said when it failed, nothing when it did not."""
    paths = (str(Path(program[0]).parent), environment.get("PATH", os.defpath))
    done = subprocess.run(
        [*program, *INSTALL],
        cwd=folder,
        env={
            **environment,
            "PATH": os.pathsep.join(paths),
            "npm_config_cache": str(folder / "cache"),
            "npm_config_update_notifier": "false",
            "NODE_DISABLE_COMPILE_CACHE": "1",  # it would stay in the temporary folder
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stderr or done.stdout).strip()[-2000:] if done.returncode else ""
