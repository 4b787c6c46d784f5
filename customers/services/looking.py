"""Writing down what customer service looked at as a customer."""

from datetime import datetime

from customers.models import Customer, CustomerLook


def record_look(*, customer: Customer, path: str, at: datetime, by: str) -> CustomerLook:
    return CustomerLook.objects.create(customer=customer, at=at, by=by, path=path[:300])
