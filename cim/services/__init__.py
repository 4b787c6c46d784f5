"""What this floor does: answer messages, and tell a work-management system of orders."""

from cim.services.pushing import push_orders, try_again
from cim.services.receiving import MessageIdReused, receive

__all__ = ["MessageIdReused", "push_orders", "receive", "try_again"]
