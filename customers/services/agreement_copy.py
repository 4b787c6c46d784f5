"""A customer's copy of an agreement on paper (CS-3)."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from customers.models import CustomerAgreement
from derms.lib.letters import Facts, Heading, Letter, Text, pdf


def agreement_pdf(agreement: CustomerAgreement, *, at: datetime) -> bytes:
    """The exact text that was accepted, with who, when and from where."""
    version = agreement.tariff_version
    facts = [
        ("Customer", f"{agreement.customer.name}, account {agreement.customer.account_number}"),
        ("Service point", str(agreement.usage_point)),
        ("Tariff", f"{version.tariff.name}, version {version.number}"),
        ("Accepted", f"{_moment(agreement.accepted_at)} as “{agreement.accepted_name}”"),
        ("Accepted by", agreement.accepted_by.get_full_name() or str(agreement.accepted_by)),
        ("From network address", agreement.accepted_from_address or "not recorded"),
        ("SHA-256 of the text", agreement.text_sha256),
    ]
    if agreement.ended_at is not None:
        facts.append(("Ended", _moment(agreement.ended_at)))
    elif agreement.leaves_at is not None:
        facts.append(("Ends", _moment(agreement.leaves_at)))
    return pdf(
        Letter(
            title=f"Customer agreement: {version.tariff.name}",
            sender=settings.SITE_NAME,
            sender_lines=[settings.HELP_PHONE, settings.HELP_EMAIL],
            recipient_lines=[
                agreement.customer.name,
                agreement.usage_point.location.street,
                f"{agreement.usage_point.location.postcode}"
                f" {agreement.usage_point.location.locality}",
            ],
            date=f"Copy of {_moment(at)}",
            reference=f"Agreement {agreement.pk}",
            blocks=[
                Facts(facts),
                Heading("The exact text"),
                Text(version.text),
                Text(
                    "The text above has the SHA-256 named at the top. The agreement is between the"
                    " customer and the utility, whoever acts for the customer.",
                    is_small=True,
                ),
            ],
        )
    )


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%B %Y, %H:%M} ({timezone.get_current_timezone_name()})"
