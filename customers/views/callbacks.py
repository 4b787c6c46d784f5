"""Where the provider of text messages and calls tells what became of them (CS-9)."""

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.channels import phone
from customers.models import Notice
from customers.services.delivery import callback_address
from customers.services.outcomes import record_told
from customers.services.phoning import provider
from derms.accounts.access import open_to_anyone


@csrf_exempt
@require_POST
@open_to_anyone
def notice_delivery(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Only what the provider signed counts, for the very address that it was given."""
    form = [(name, value) for name, values in request.POST.lists() for value in values]
    is_signed = phone.is_signed(
        provider(),
        url=callback_address(notice_id),
        form=form,
        given=request.headers.get("X-Twilio-Signature", "")[:200],
    )
    if not is_signed:
        return HttpResponseForbidden("The signature is not the provider's.")
    notice = get_object_or_404(Notice, pk=notice_id)
    facts = dict(form)
    record_told(
        notice=notice,
        told=phone.read_callback(facts),
        provider_id=facts.get("MessageSid") or facts.get("CallSid") or "",
        at=timezone.now(),
    )
    return HttpResponse(status=204)
