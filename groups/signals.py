"""News for the floors above: they may object by raising Refused."""

from django.dispatch import Signal

# Sent with `group` and `at`, inside the transaction that holds the group's row.
dissolution_requested = Signal()
