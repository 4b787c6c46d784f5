"""A customer's copy of an agreement on paper (CS-3)."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from customers.models import CustomerAgreement
from derms.lib.letters import Facts, Heading, Letter, Text, pdf
from derms.lib.words import day, say


def agreement_pdf(agreement: CustomerAgreement, *, at: datetime) -> bytes:
    """The exact text that was accepted, with who, when and from where."""
    version = agreement.tariff_version
    return pdf(
        Letter(
            title=say("Customer agreement: {tariff}", tariff=version.tariff.name),
            sender=settings.SITE_NAME,
            sender_lines=[settings.HELP_PHONE, settings.HELP_EMAIL],
            recipient_lines=[
                agreement.customer.name,
                agreement.usage_point.location.street,
                f"{agreement.usage_point.location.postcode}"
                f" {agreement.usage_point.location.locality}",
            ],
            date=say("Copy of {moment}", moment=_moment(at)),
            reference=say("Agreement {number}", number=agreement.pk),
            blocks=[
                Facts(_facts(agreement)),
                Heading(say("The exact text")),
                Text(version.text),
                Text(
                    say(
                        "The text above has the SHA-256 named at the top. The agreement is between "
                        "the customer and the utility, whoever acts for the customer."
                    ),
                    is_small=True,
                ),
            ],
        )
    )


def _facts(agreement: CustomerAgreement) -> list[tuple[str, str]]:
    version = agreement.tariff_version
    facts = [
        (
            say("Customer"),
            say(
                "{name}, account {number}",
                name=agreement.customer.name,
                number=agreement.customer.account_number,
            ),
        ),
        (say("Service point"), str(agreement.usage_point)),
        (
            say("Tariff"),
            say("{tariff}, version {number}", tariff=version.tariff.name, number=version.number),
        ),
        (
            say("Accepted"),
            say(
                "{moment} as “{name}”",
                moment=_moment(agreement.accepted_at),
                name=agreement.accepted_name,
            ),
        ),
        (say("Accepted by"), agreement.accepted_by.get_full_name() or str(agreement.accepted_by)),
        (say("From network address"), agreement.accepted_from_address or say("not recorded")),
        (say("SHA-256 of the text"), agreement.text_sha256),
    ]
    if agreement.ended_at is not None:
        facts.append((say("Ended"), _moment(agreement.ended_at)))
    elif agreement.leaves_at is not None:
        facts.append((say("Ends"), _moment(agreement.leaves_at)))
    return facts


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{day(local)}, {local:%H:%M} ({timezone.get_current_timezone_name()})"
