"""DV-7: other people's clients read and write: pysunspec2, pymodbus, pyModbusTCP, mbpoll."""

import shutil
import subprocess

import pytest
from pyModbusTCP.client import ModbusClient
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from tests.simulators.running import RunningFleet

KEY = "ada-pv"


@pytest.fixture
def sunspec(running: RunningFleet) -> SunSpecModbusClientDeviceTCP:
    spec = running.spec(KEY)
    device = SunSpecModbusClientDeviceTCP(
        slave_id=spec.unit, ipaddr=spec.host, ipport=spec.port, timeout=2
    )
    device.scan()
    return device


def test_pysunspec2_writes_points_groups_and_whole_models(
    running: RunningFleet, sunspec: SunSpecModbusClientDeviceTCP
) -> None:
    controls = sunspec.models[704][0]
    controls.WMaxLimPct.cvalue = 37.5
    controls.WMaxLimPct.write()
    controls.WMaxLimPctEna.cvalue = 1
    controls.WMaxLimPctEna.write()
    controls.PFWInj.PF.cvalue = 0.9
    controls.PFWInj.write()
    running.advance(3)

    assert running.status(KEY)["output_w"] == 3_000
    assert running.value(KEY, 704, "PFWInj.PF") == 0.9


def test_pysunspec2_goes_through_the_handshake(
    running: RunningFleet, sunspec: SunSpecModbusClientDeviceTCP
) -> None:
    model = sunspec.models[705][0]
    curve = next(c for c in model.Crv if c.ReadOnly.value == 0)
    for point, (volts, var) in zip(curve.Pt, ((90, 30), (110, -30)), strict=False):
        point.V.cvalue, point.Var.cvalue = volts, var
    curve.ActPt.cvalue = 2
    curve.write()
    model.AdptCrvReq.cvalue = 1 + model.Crv.index(curve)
    model.AdptCrvReq.write()
    model.AdptCrvRslt.read()
    busy = model.AdptCrvRslt.cvalue
    running.advance(2)
    model.read()

    adopted = [(p.V.cvalue, p.Var.cvalue) for p in model.Crv[0].Pt[: model.Crv[0].ActPt.value]]
    assert (busy, model.AdptCrvRslt.cvalue) == (0, 1)
    assert adopted == [(90, 30), (110, -30)]


def test_pymodbustcp_reads_and_writes(running: RunningFleet) -> None:
    spec = running.spec(KEY)
    client = ModbusClient(host=spec.host, port=spec.port, unit_id=spec.unit, timeout=2)
    address = running.address(KEY, 704, "WMaxLimPctEna")

    written = client.write_multiple_registers(address, [1, 5_000])
    read = client.read_holding_registers(address, 2)
    client.close()

    assert written
    assert read == [1, 5_000]


@pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed")
def test_mbpoll_reads_and_writes(running: RunningFleet) -> None:
    spec = running.spec(KEY)
    address = running.address(KEY, 704, "WMaxLimPct")
    common = ["mbpoll", "-0", "-1", "-q", "-a", str(spec.unit), "-p", str(spec.port), "-t", "4"]

    subprocess.run(
        [*common, "-r", str(address), spec.host, "4200"], check=True, capture_output=True
    )
    read = subprocess.run(
        [*common, "-r", str(address), "-c", "1", spec.host],
        check=True, capture_output=True, text=True,
    )  # fmt: skip

    assert "4200" in read.stdout
    assert running.value(KEY, 704, "WMaxLimPct") == 42
