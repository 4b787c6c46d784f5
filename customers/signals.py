"""News for the floors above: they may object by raising Refused."""

from django.dispatch import Signal

# Sent with `request`, `at` and `by` (a user name), inside the transaction that holds the row of a
# request to join a programme which the desk accepts.
programme_accepted = Signal()
