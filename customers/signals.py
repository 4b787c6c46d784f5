"""News for the floors above: they may object by raising Refused."""

from django.dispatch import Signal

# Sent with `request`, `at` and `by` (a user name), inside the transaction that holds the row of a
# request to join a programme which the desk accepts.
programme_accepted = Signal()

# Sent with `day`, `before` (the holidays until now), `by` (1: the day became free, -1: it counts
# again) and `today`, inside the transaction that changed the calendar: stored due dates follow. The
# answer is how many did.
holidays_changed = Signal()
