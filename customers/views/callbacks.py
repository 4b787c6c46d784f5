"""Where providers and mail systems tell what became of what they were given (CS-9)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.channels import phone, signing
from customers.channels.bounces import SIZE_MAX, read_bounce
from customers.models import Notice
from customers.services.delivery import callback_address
from customers.services.outcomes import record_bounce, record_told
from customers.services.phoning import provider
from derms.accounts.access import open_to_anyone


@csrf_exempt
@require_POST
@open_to_anyone
def mail_bounce(request: HttpRequest) -> HttpResponse:
    """Where a mail system posts a mail that came back; only what it signed just now counts.

    What is no report of ours is no error: the mail system must not send it again.
    """
    body, at = request.read(SIZE_MAX + 1), timezone.now()
    if len(body) > SIZE_MAX:
        return HttpResponse("This is longer than a report may be.", status=413)
    given = request.headers.get("X-Signature", "")
    secret = settings.BOUNCE_SECRET
    if not signing.is_signed(secret, body=body, given=given, now_s=at.timestamp()):
        return HttpResponseForbidden("This is not signed by our mail system, or it is too old.")
    bounce = read_bounce(body)
    notice = Notice.objects.filter(pk=bounce.notice_id).first() if bounce else None
    if bounce is not None and notice is not None:
        record_bounce(notice=notice, words=bounce.words, at=at)
    return HttpResponse(status=204)


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
