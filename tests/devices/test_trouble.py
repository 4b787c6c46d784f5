"""DER trouble found by alarms makes one proposed visit, not many (CS-6)."""

from datetime import datetime, timedelta

from customers.models import OrderProposal, TariffVersion, UsagePoint
from derms.accounts.models import User
from devices.models import Alarm, Device
from devices.services import propose_visits
from tests.factories import make_agreement, make_der, make_device


def alarm(device: Device, kind: str, at: datetime, *, group: Alarm | None = None) -> Alarm:
    return Alarm.objects.create(
        kind=kind, place=f"device {device.pk}", device=device, priority=3,
        message=f"{kind} at {device.serial_number}", raised_at=at, announced_at=at, group=group,
    )  # fmt: skip


def test_several_alarms_of_a_device_make_one_proposal_that_goes_with_them(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    device, other = (make_device(make_der(ada_point, agreement)) for _ in range(2))
    silent = alarm(device, "lost_communication", at - timedelta(hours=30))
    alarm(device, "device_fault", at - timedelta(hours=2))
    alarm(other, "lost_communication", at - timedelta(hours=2))
    alarm(other, "voltage_high", at - timedelta(days=9))

    proposed = [propose_visits(at=at), propose_visits(at=at + timedelta(minutes=5))]

    proposal = OrderProposal.objects.get()
    assert proposed == [1, 1]
    assert proposal.about == f"device {device.pk}"
    assert proposal.reasons.count("Since") == 2
    assert silent.message in proposal.reasons

    for one in Alarm.objects.filter(device=device):
        one.move("acknowledged", at=at, by="olga")
        one.move("cleared", at=at, by="olga")
    assert propose_visits(at=at) == 0
    assert OrderProposal.objects.get().status == "gone"


def test_a_flood_is_no_devices_own_trouble(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    device = make_device(make_der(ada_point, agreement))
    long_ago = at - timedelta(days=3)
    flood = Alarm.objects.create(
        kind="lost_communication", place="zone f12", priority=2, message="Many.", is_group=True,
        raised_at=long_ago, announced_at=long_ago,
    )  # fmt: skip
    alarm(device, "lost_communication", long_ago, group=flood)

    assert propose_visits(at=at) == 0
