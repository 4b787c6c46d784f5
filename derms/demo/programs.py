"""The programs of the demo: the outside world it talks to, and the product itself."""

import os
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from derms import ports
from derms.demo.town import Town
from derms.supervisor import Program, Supervisor

# Of the provider that the demo brings itself, as public as its passwords.
PHONE_ACCOUNT, PHONE_TOKEN = "demo", "only-for-the-demonstration"
ZONES = ("ieee13", "millbrook", "harbour")
_PYTHON = (sys.executable, "-m")
_CELERY = (*_PYTHON, "celery", "-A", "derms")
_WORKER = (*_CELERY, "worker", "--without-gossip", "--without-mingle", "--loglevel", "INFO")


@dataclass(frozen=True)
class Demo:
    """One demo: its state folder, its ports, its town."""

    state: Path
    web_port: int
    mail_port: int
    phone_port: int
    town: Town

    @property
    def url(self) -> str:
        return f"http://localhost:{self.web_port}/"

    @property
    def fleet(self) -> Path:
        return self.state / "fleet.json"

    @property
    def mail(self) -> Path:
        return self.state / "mail"

    @property
    def phone(self) -> Path:
        return self.state / "phone"

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "derms.settings",
            "DERMS_VAR": str(self.state),
            "DERMS_DEMO": "1",
            "DERMS_TIME_ZONE": self.town.time_zone,
            "DERMS_SMTP_HOST": ports.HOST,
            "DERMS_SMTP_PORT": str(self.mail_port),
            "DERMS_URL": self.url.rstrip("/"),
            "DERMS_PHONE_URL": f"http://{ports.HOST}:{self.phone_port}",
            "DERMS_PHONE_ACCOUNT": PHONE_ACCOUNT,
            "DERMS_PHONE_TOKEN": PHONE_TOKEN,
            "DERMS_PHONE_SENDER": "+15550100",
        }


def fleet(demo: Demo, supervisor: Supervisor) -> Program:
    state = demo.state
    files = ("--log", str(state / "fleet.log"), "--state", str(state / "fleet-state.json"))
    truth = ("--truth-every", os.environ.get("DERMS_TRUTH_EVERY_S", "10"))
    return Program(
        "fleet",
        (*_PYTHON, "simulators", "run", str(demo.fleet), *files, *truth),
        is_ready=lambda: supervisor.has_logged("fleet", "ready"),
        stops_last=True,
    )


def gateway(supervisor: Supervisor) -> Program:
    queues = ",".join(f"zone.{zone}" for zone in ZONES)
    return Program(
        "gateway",
        (*_WORKER, "-n", "gateway@%h", "-Q", queues, "--pool", "threads", "-c", "4"),
        is_ready=lambda: supervisor.has_logged("gateway", " ready."),
        environment={"DERMS_ZONES": ",".join(ZONES)},
    )


def others(demo: Demo, supervisor: Supervisor) -> list[Program]:
    """Return what neither waits for the fleet nor is waited for."""
    mail = ("--port", str(demo.mail_port), "--out", str(demo.mail))
    phone = ("--port", str(demo.phone_port), "--out", str(demo.phone))
    login = ("--account", PHONE_ACCOUNT, "--token", PHONE_TOKEN)
    return [
        Program(
            "phone",
            (*_PYTHON, "simulators.phone_sink", *phone, *login),
            is_ready=lambda: supervisor.has_logged("phone", "ready"),
            stops_last=True,
        ),
        Program(
            "mail",
            (*_PYTHON, "simulators.mail_sink", *mail),
            is_ready=lambda: supervisor.has_logged("mail", "ready"),
            stops_last=True,
        ),
        _web(demo),
        Program(
            "worker",
            (*_WORKER, "-n", "worker@%h", "-Q", "default", "-c", "2"),
            is_ready=lambda: supervisor.has_logged("worker", " ready."),
        ),
        # A study may take minutes: it must not keep a notice or a dispatch waiting.
        Program(
            "studies",
            (*_WORKER, "-n", "studies@%h", "-Q", "studies", "-c", "1"),
            is_ready=lambda: supervisor.has_logged("studies", " ready."),
        ),
        Program(
            "beat",
            (*_CELERY, "beat", "--pidfile", "", "--loglevel", "WARNING"),
            is_ready=lambda: True,
            environment={"DERMS_LOG_LEVEL": "WARNING"},  # it would log every tick
        ),
    ]


def _web(demo: Demo) -> Program:
    listen = ("--host", ports.HOST, "--port", str(demo.web_port), "--no-access-log")
    sockets = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
    ending = ("--lifespan", "off", "--timeout-graceful-shutdown", "2")
    return Program(
        "web",
        (*_PYTHON, "uvicorn", "derms.asgi:application", *listen, *sockets, *ending),
        is_ready=lambda: _answers(f"http://{ports.HOST}:{demo.web_port}/health/ready"),
    )


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
