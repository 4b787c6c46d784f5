"""REST operations on what belongs to a customer: agreements, consents, programmes (CS-3, CS-8)."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from typing_extensions import override

from customers import selectors
from customers.api.asking import EVERYBODY, OUTSIDE
from customers.models import Customer, CustomerAgreement, Enrolment, Representation, Right
from customers.selectors.access import representations_for, representations_of
from customers.selectors.programmes import enrolments_of
from derms.accounts.models import User
from derms.accounts.roles import Role


class AgreementOutput(serializers.Serializer[CustomerAgreement]):
    """A tariff version that a customer accepted; the hash is of the exact text."""

    id = serializers.IntegerField()
    customer_id = serializers.IntegerField()
    usage_point_id = serializers.IntegerField()
    tariff = serializers.CharField(source="tariff_version.tariff.code")
    tariff_version_id = serializers.IntegerField()
    text_sha256 = serializers.CharField()
    accepted_at = serializers.DateTimeField()
    accepted_name = serializers.CharField()
    leaves_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class EnrolmentOutput(serializers.Serializer[Enrolment]):
    """A service point in a programme."""

    id = serializers.IntegerField()
    programme = serializers.CharField(source="programme.name")
    customer_id = serializers.IntegerField()
    usage_point_id = serializers.IntegerField()
    enrolled_at = serializers.DateTimeField()
    leaves_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class ConsentOutput(serializers.Serializer[Representation]):
    """What a customer lets a company do, with the exact words."""

    id = serializers.IntegerField()
    customer_id = serializers.IntegerField()
    account_number = serializers.CharField(source="customer.account_number")
    third_party = serializers.CharField(source="third_party.name")
    may_see_readings = serializers.BooleanField()
    may_file = serializers.BooleanField()
    may_enrol = serializers.BooleanField()
    active_from = serializers.DateTimeField()
    active_to = serializers.DateTimeField(allow_null=True)
    text = serializers.CharField()


@extend_schema(tags=["customers"])
class AgreementList(ListAPIView[CustomerAgreement]):
    """Agreements that the caller may see, the newest first."""

    allowed_roles = EVERYBODY
    serializer_class = AgreementOutput
    filterset_fields = ("customer", "usage_point", "tariff_version")
    queryset = CustomerAgreement.objects.none()

    @override
    def get_queryset(self) -> QuerySet[CustomerAgreement]:
        user: Any = self.request.user
        if not isinstance(user, User):
            return CustomerAgreement.objects.none()
        if user.has_role(Role.CUSTOMER_SERVICE, Role.ENGINEER):
            return selectors.agreements()
        return selectors.agreements_for(user, timezone.now())


@extend_schema(tags=["customers"])
class EnrolmentList(ListAPIView[Enrolment]):
    """Programmes that the caller's customers take part in, or took part in."""

    allowed_roles = EVERYBODY
    serializer_class = EnrolmentOutput
    filterset_fields = ("customer", "usage_point", "programme")
    queryset = Enrolment.objects.none()

    @override
    def get_queryset(self) -> QuerySet[Enrolment]:
        user: Any = self.request.user
        if not isinstance(user, User):
            return Enrolment.objects.none()
        if user.has_role(Role.CUSTOMER_SERVICE, Role.ENGINEER):
            return enrolments_of(Customer.objects.all())
        return enrolments_of(selectors.customers_for(user, timezone.now(), Right.PROGRAMMES))


@extend_schema(tags=["customers"])
class ConsentList(ListAPIView[Representation]):
    """A customer's consents, also past ones; a company's those in force."""

    allowed_roles = OUTSIDE
    serializer_class = ConsentOutput
    filterset_fields = ("customer",)
    queryset = Representation.objects.none()

    @override
    def get_queryset(self) -> QuerySet[Representation]:
        user: Any = self.request.user
        if not isinstance(user, User):
            return Representation.objects.none()
        own = selectors.customer_of(user)
        if own is not None:
            return representations_of(own).select_related("third_party", "customer")
        return representations_for(user, timezone.now())
