"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern, path

from customers.api import accounts as accounts_api
from customers.api import customers as rest
from customers.api import orders as orders_api
from customers.api import requests as requests_api
from customers.views import (
    callbacks,
    company,
    desk,
    duplicates,
    invitations,
    languages,
    looking,
    personal_data,
    portal_access,
    portal_requests,
    portal_tariffs,
    programmes,
    repair,
    request_list,
)
from customers.views import consents as consent_views
from customers.views import field as field_views
from customers.views import orders as order_views
from customers.views import portal as portal_views
from customers.views import requests as request_views
from customers.views import service as service_views
from customers.views import tariff_drafts as drafts
from customers.views import tariffs as book
from customers.views import wordings as wording_views
from customers.views import works as work_views

_REQUEST = "requests/<str:number>"
portal: list[URLPattern] = [
    path("messages", portal_views.inbox, name="portal_messages"),
    path("messages/<int:notice_id>/read", portal_views.mark_read, name="portal_message_read"),
    path("requests/", portal_requests.request_list, name="portal_requests"),
    path("requests/new/<str:kind>", portal_requests.new_request, name="portal_request_new"),
    path(_REQUEST, portal_requests.request_page, name="portal_request"),
    path(f"{_REQUEST}/answer/<str:way>", portal_requests.answer, name="portal_request_answer"),
    path(f"{_REQUEST}/files", portal_requests.add_file, name="portal_request_add_file"),
    path(f"{_REQUEST}/withdraw", portal_requests.withdraw, name="portal_request_withdraw"),
    path("files/<uuid:key>", portal_requests.file, name="portal_request_file"),
    path("agreements/<int:agreement_id>", portal_tariffs.agreement, name="portal_agreement"),
    path(
        "agreements/<int:agreement_id>/pdf",
        portal_tariffs.agreement_copy,
        name="portal_agreement_pdf",
    ),
    path("agreements/<int:agreement_id>/stay", portal_tariffs.stay, name="portal_agreement_stay"),
    path("tariffs/", portal_tariffs.tariffs, name="portal_tariffs"),
    path("tariffs/<int:version_id>", portal_tariffs.tariff, name="portal_tariff"),
    path("company", company.company, name="portal_company"),
    path("company/tokens/<int:token_id>/revoke", company.revoke, name="portal_company_revoke"),
    path("access/", portal_access.who_has_access, name="portal_access"),
    path("access/companies/new", portal_access.let_company_act, name="portal_consent"),
    path(
        "access/companies/<int:consent_id>/end",
        portal_access.end_company,
        name="portal_consent_end",
    ),
    path("access/people/new", portal_access.invite_person, name="portal_invite"),
    path("access/people/<int:access_id>/end", portal_access.end_person, name="portal_person_end"),
    path("invitations/<str:key>", invitations.invitation, name="portal_invitation"),
    path("language", languages.choose, name="choose_language"),
    path("data", personal_data.own_data, name="portal_data"),
    path("data/export", personal_data.own_export, name="portal_data_export"),
]
_DRAFT = "tariffs/drafts/<int:draft_id>"
service: list[URLPattern] = [
    path("tariffs/", book.tariffs, name="service_tariffs"),
    path("tariffs/new", drafts.new, name="service_tariff_new"),
    path("tariffs/<int:tariff_id>", book.tariff, name="service_tariff"),
    path("tariffs/<int:tariff_id>/compare", book.compare, name="service_tariff_compare"),
    path("tariffs/<int:tariff_id>/draft", drafts.begin, name="service_tariff_begin"),
    path(_DRAFT, drafts.edit, name="service_tariff_draft"),
    path(f"{_DRAFT}/preview", drafts.preview, name="service_tariff_draft_preview"),
    path(f"{_DRAFT}/publish", drafts.publish, name="service_tariff_draft_publish"),
    path(f"{_DRAFT}/discard", drafts.discard, name="service_tariff_draft_discard"),
    path("programmes/", programmes.programmes, name="service_programmes"),
    path(
        "agreements/<int:agreement_id>/pdf",
        portal_tariffs.service_agreement_copy,
        name="service_agreement_pdf",
    ),
    path("requests/", request_list.request_list, name="service_requests"),
    path(_REQUEST, request_views.request_page, name="service_request"),
    path(f"{_REQUEST}/ways/<str:way>", request_views.take_way, name="service_request_way"),
    path(f"{_REQUEST}/notes", request_views.write_note, name="service_request_note"),
    path(f"{_REQUEST}/files", request_views.add_file, name="service_request_add_file"),
    path(f"{_REQUEST}/withdraw", request_views.withdraw, name="service_request_withdraw"),
    path(f"{_REQUEST}/assign", request_views.assign, name="service_request_assign"),
    path("files/<uuid:key>", request_views.file, name="service_request_file"),
    path(
        "customers/<int:customer_id>/requests/new",
        request_list.choose_kind,
        name="service_request_kinds",
    ),
    path(
        "customers/<int:customer_id>/requests/new/<str:kind>",
        request_list.new_request,
        name="service_request_new",
    ),
    path("orders/", order_views.order_list, name="service_orders"),
    path("orders/<str:number>", order_views.order_page, name="service_order"),
    path("orders/<str:number>/cancel", order_views.cancel, name="service_order_cancel"),
    path("proposals/<int:proposal_id>", order_views.proposal, name="service_proposal"),
    path(
        "proposals/<int:proposal_id>/decline",
        order_views.decline,
        name="service_proposal_decline",
    ),
    path("customers/<int:customer_id>/orders/new", order_views.new_order, name="service_order_new"),
    path("holidays/", request_list.holiday_list, name="service_holidays"),
    path(
        "holidays/<int:holiday_id>/remove",
        request_list.holiday_remove,
        name="service_holiday_remove",
    ),
    path("customers/", desk.search_page, name="service_customers"),
    path("messages", service_views.notices, name="service_notices"),
    path("messages/<int:notice_id>/told", service_views.told, name="service_notice_told"),
    path("customers/<int:customer_id>/look", looking.begin, name="service_look"),
    path("customers/look/end", looking.end, name="service_look_end"),
    path(
        "customers/<int:customer_id>/consents", consent_views.consent_list, name="service_consents"
    ),
    path("consents/<int:consent_id>/end", consent_views.end, name="service_consent_end"),
    path(
        "customers/<int:customer_id>/people/<int:access_id>/end",
        consent_views.end_person,
        name="service_person_end",
    ),
    path("customers/<int:customer_id>/contact", personal_data.contact, name="service_contact"),
    path("customers/<int:customer_id>/data", personal_data.data, name="service_customer_data"),
    path(
        "customers/<int:customer_id>/data/export",
        personal_data.export,
        name="service_customer_export",
    ),
    path("customers/<int:customer_id>/erase", personal_data.erase, name="service_customer_erase"),
    path("providers/", repair.providers, name="service_providers"),
    path("providers/new", repair.new, name="service_provider_new"),
    path("providers/<int:provider_id>", repair.provider, name="service_provider"),
    path("duplicates/", duplicates.pairs, name="service_duplicates"),
    path("duplicates/<int:kept_id>/<int:other_id>", duplicates.pair, name="service_duplicate"),
    path("duplicates/meters/merge", duplicates.merge_meters, name="service_merge_meters"),
    path("wordings/", wording_views.wordings, name="service_wordings"),
    path("wordings/<slug:template>", wording_views.wording, name="service_wording"),
]
_WORK = "works/<str:number>"
engineering: list[URLPattern] = [
    path("works/", work_views.work_list, name="engineering_works"),
    path(_WORK, work_views.work_page, name="engineering_work"),
    path(f"{_WORK}/plan", work_views.plan, name="engineering_work_plan"),
    path(f"{_WORK}/back", work_views.give_back, name="engineering_work_back"),
    path(f"{_WORK}/crew", work_views.plan_crew, name="engineering_work_crew"),
]
_VISIT = "visits/<str:number>"
field: list[URLPattern] = [
    path(_VISIT, field_views.visit, name="field_visit"),
    path(f"{_VISIT}/start", field_views.start, name="field_visit_start"),
    path(f"{_VISIT}/report", field_views.report, name="field_visit_report"),
    path(f"{_VISIT}/block", field_views.block, name="field_visit_block"),
    path("photos/<uuid:key>", field_views.photo, name="field_photo"),
]
api: list[URLPattern] = [
    path("notices/bounces", callbacks.mail_bounce, name="api_notice_bounces"),
    path("notices/<int:notice_id>/delivery", callbacks.notice_delivery, name="api_notice_delivery"),
    path("search", rest.Search.as_view(), name="api_search"),
    path("customers/", rest.CustomerList.as_view(), name="api_customers"),
    path("customers/<int:pk>", rest.CustomerDetail.as_view(), name="api_customer"),
    path("usage-points/", rest.UsagePointList.as_view(), name="api_usage_points"),
    path("usage-points/<int:pk>", rest.UsagePointDetail.as_view(), name="api_usage_point"),
    path("tariffs/", rest.TariffsInForce.as_view(), name="api_tariffs"),
    path("agreements/", accounts_api.AgreementList.as_view(), name="api_agreements"),
    path("enrolments/", accounts_api.EnrolmentList.as_view(), name="api_enrolments"),
    path("consents/", accounts_api.ConsentList.as_view(), name="api_consents"),
    path("requests/", requests_api.RequestList.as_view(), name="api_requests"),
    path(_REQUEST, requests_api.RequestDetail.as_view(), name="api_request"),
    path(
        f"{_REQUEST}/timeline",
        requests_api.RequestTimeline.as_view(),
        name="api_request_timeline",
    ),
    path(
        f"{_REQUEST}/answers/<str:way>",
        requests_api.RequestAnswer.as_view(),
        name="api_request_answer",
    ),
    path(
        f"{_REQUEST}/withdraw",
        requests_api.RequestWithdraw.as_view(),
        name="api_request_withdraw",
    ),
    path("service-orders/", orders_api.OrderList.as_view(), name="api_service_orders"),
    path("service-orders/<str:number>", orders_api.OrderDetail.as_view(), name="api_service_order"),
    path(
        "service-orders/<str:number>/cancel",
        orders_api.OrderCancel.as_view(),
        name="api_service_order_cancel",
    ),
    path("works/", orders_api.WorkList.as_view(), name="api_works"),
    path("works/<str:number>", orders_api.WorkDetail.as_view(), name="api_work"),
]
