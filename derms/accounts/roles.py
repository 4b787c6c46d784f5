"""The roles of the product, one per kind of work (mission: who uses it)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A kind of work; a person may hold several."""

    CUSTOMER = "customer", _("Customer")
    THIRD_PARTY = "third_party", _("Third party")
    CUSTOMER_SERVICE = "customer_service", "Customer service"
    ENGINEER = "engineer", "Engineer"
    OPERATOR = "operator", "Operator"
    TECHNICIAN = "technician", "Field technician"
    SYSTEM = "system", "Other system"
    ADMINISTRATOR = "administrator", "Administrator"
    AUDITOR = "auditor", "Auditor"


STAFF_ROLES = frozenset(
    {
        Role.CUSTOMER_SERVICE,
        Role.ENGINEER,
        Role.OPERATOR,
        Role.TECHNICIAN,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
    }
)
ALL_ROLES = frozenset(Role)
# Who looks at devices and at the gateways that talk to them.
FLEET_READERS = frozenset({Role.OPERATOR, Role.ENGINEER, Role.CUSTOMER_SERVICE, Role.AUDITOR})
