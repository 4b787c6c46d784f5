"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern, path

from interconnection.api import applications as applications_api
from interconnection.api import commissioning as tests_api
from interconnection.api import conditions as conditions_api
from interconnection.api import connection_plan as plan_api
from interconnection.api import construction as construction_api
from interconnection.api import decisions as decisions_api
from interconnection.api import network as network_api
from interconnection.api import overrides as overrides_api
from interconnection.api import papers as papers_api
from interconnection.api import screening as screening_api
from interconnection.api import service_points as points_api
from interconnection.views import (
    applying,
    confirmations,
    connecting,
    construction,
    equipment,
    equipment_list,
    forecast,
    network_facts,
    networks,
    papers,
    plan_comparison,
    planning,
    programmes,
    screens,
    service_connections,
    service_customers,
    settings_overrides,
    studies,
    tariffs,
)
from interconnection.views import engineering as review
from interconnection.views import field as site
from interconnection.views import portal as portal_views
from interconnection.views import queue as desk_queue
from interconnection.views import service as desk

portal: list[URLPattern] = [
    path("connect", connecting.can_i_connect, name="can_i_connect"),
    path("", portal_views.home, name="portal_home"),
    path("applications/new", applying.service_point, name="portal_apply"),
    path("applications/<str:reference>", portal_views.application, name="portal_application"),
    path("applications/<str:reference>/withdraw", portal_views.withdraw, name="portal_withdraw"),
    path("applications/<str:reference>/papers", papers.send, name="portal_application_papers"),
    path("applications/<str:reference>/tariff", applying.tariff, name="portal_apply_tariff"),
    path(
        "applications/<str:reference>/tariff/<int:version_id>",
        applying.terms,
        name="portal_apply_terms",
    ),
    path("applications/<str:reference>/equipment", equipment.units, name="portal_apply_units"),
    path(
        "applications/<str:reference>/equipment/list",
        equipment.equipment,
        name="portal_apply_equipment",
    ),
    path(
        "applications/<str:reference>/equipment/new",
        equipment.new_unit,
        name="portal_apply_unit_new",
    ),
    path(
        "applications/<str:reference>/equipment/<int:unit_id>",
        equipment.change_unit,
        name="portal_apply_unit",
    ),
    path(
        "applications/<str:reference>/equipment/<int:unit_id>/remove",
        equipment.remove_unit,
        name="portal_apply_unit_remove",
    ),
    path("applications/<str:reference>/date", applying.planned_date, name="portal_apply_date"),
    path("applications/<str:reference>/review", applying.review, name="portal_apply_review"),
    path("applications/<str:reference>/dates", construction.own_dates, name="portal_dates"),
    path(
        "applications/<str:reference>/offers/<int:offer_id>",
        construction.answer,
        name="portal_offer_answer",
    ),
    path("agreements/<int:agreement_id>/leave", tariffs.leave, name="portal_agreement_leave"),
    path(
        "agreements/<int:agreement_id>/change/<int:version_id>",
        tariffs.change,
        name="portal_agreement_change",
    ),
    path("programmes/", programmes.programmes, name="portal_programmes"),
    path(
        "programmes/<int:version_id>/join/<int:usage_point_id>",
        programmes.join,
        name="portal_programme_join",
    ),
    path("enrolments/<int:enrolment_id>/leave", programmes.leave, name="portal_enrolment_leave"),
]
_SERVICE = "applications/<str:reference>"
service: list[URLPattern] = [
    path("", desk_queue.queue, name="service_queue"),
    path("applications/assign", desk_queue.assign_chosen, name="service_assign_chosen"),
    path(_SERVICE, desk.application, name="service_application"),
    path(f"{_SERVICE}/return", desk.return_to_customer, name="service_return"),
    path(f"{_SERVICE}/forward", desk.forward, name="service_forward"),
    path(f"{_SERVICE}/visit", desk.order_visit, name="service_order_visit"),
    path(f"{_SERVICE}/withdraw", desk.withdraw, name="service_withdraw"),
    path(f"{_SERVICE}/assign", desk.assign, name="service_assign"),
    path(f"{_SERVICE}/papers", papers.receive, name="service_application_papers"),
    path(f"{_SERVICE}/papers/<int:paper_id>", papers.answer, name="service_paper_answer"),
    path("equipment-lists/", equipment_list.lists, name="service_equipment"),
    path(
        "equipment-lists/<int:list_id>/in-force",
        equipment_list.put_in_force,
        name="service_equipment_in_force",
    ),
    path(f"{_SERVICE}/construction", construction.desk, name="service_construction"),
    path(f"{_SERVICE}/offer", construction.offer, name="service_offer"),
    path("customers/<int:customer_id>", service_customers.customer, name="service_customer"),
    path(
        "customers/<int:customer_id>/programmes",
        programmes.of_customer,
        name="service_customer_programmes",
    ),
    path(
        "programmes/<int:version_id>/join/<int:usage_point_id>",
        programmes.join_at_desk,
        name="service_programme_join",
    ),
    path(
        "enrolments/<int:enrolment_id>/leave",
        programmes.leave_at_desk,
        name="service_enrolment_leave",
    ),
]
_REVIEW = "applications/<str:reference>"
engineering: list[URLPattern] = [
    path("", review.queue, name="engineering_queue"),
    path(_REVIEW, review.application, name="engineering_application"),
    path(f"{_REVIEW}/screen", screens.screen, name="engineering_screen"),
    path(
        f"{_REVIEW}/screens/<int:result_id>/override",
        screens.override,
        name="engineering_override",
    ),
    path(
        f"{_REVIEW}/overrides/<int:override_id>",
        screens.answer_override,
        name="engineering_override_answer",
    ),
    path(
        f"{_REVIEW}/tests/<int:test_id>/settings",
        settings_overrides.ask,
        name="engineering_settings_override",
    ),
    path(
        f"{_REVIEW}/settings/<int:override_id>",
        settings_overrides.answer,
        name="engineering_settings_override_answer",
    ),
    path(f"{_REVIEW}/finding", screens.finding, name="engineering_finding"),
    path(f"{_REVIEW}/propose", review.propose, name="engineering_propose"),
    path(f"{_REVIEW}/resume", review.resume, name="engineering_resume"),
    path(f"{_REVIEW}/study", studies.request_one, name="engineering_study_request"),
    path("studies/<int:study_id>", studies.study, name="engineering_study"),
    path("studies/<int:study_id>/cancel", studies.cancel, name="engineering_study_cancel"),
    path("feeders/<str:name>/facts", network_facts.feeder_facts, name="engineering_feeder_facts"),
    path(
        "feeders/<str:name>/facts/<str:kind>/<int:pk>",
        network_facts.element_facts,
        name="engineering_element_facts",
    ),
    path("studies/<int:study_id>/report.pdf", studies.report, name="engineering_study_report"),
    path(
        "meters/<str:meter>/connection",
        service_connections.service_connection,
        name="engineering_service_connection",
    ),
    path("studies/<int:study_id>/<str:name>.csv", studies.table, name="engineering_study_table"),
    path("plans/hours.csv", planning.hours, name="engineering_planning_hours"),
    path("networks/", networks.networks, name="engineering_networks"),
    path("networks/<int:upload_id>", networks.network, name="engineering_network"),
    path("networks/<int:upload_id>/accept", networks.accept, name="engineering_network_accept"),
    path("networks/<int:upload_id>/reject", networks.reject, name="engineering_network_reject"),
    path("networks/<int:upload_id>/again", networks.again, name="engineering_network_again"),
    path("networks/<int:upload_id>/cancel", networks.cancel, name="engineering_network_cancel"),
    path("plans/", planning.overview, name="engineering_planning"),
    path("plans/<str:name>", planning.feeder, name="engineering_planning_feeder"),
    path(
        "plans/<str:name>/comparison",
        plan_comparison.comparison,
        name="engineering_plan_comparison",
    ),
    path(
        "plans/<str:name>/comparison.csv",
        plan_comparison.comparison_table,
        name="engineering_plan_comparison_table",
    ),
    path("plans/<str:name>/capacity", planning.capacity, name="engineering_planning_capacity"),
    path("upgrades/", review.upgrades, name="engineering_upgrades"),
    path(
        "upgrades/<int:upgrade_id>/in-service",
        review.upgrade_in_service,
        name="engineering_upgrade_in_service",
    ),
]
operations: list[URLPattern] = [
    path("confirmations/", confirmations.confirmations, name="operations_confirmations"),
    path(
        "confirmations/<int:decision_id>",
        confirmations.confirmation,
        name="operations_confirmation",
    ),
    path("forecasts/", forecast.overview, name="operations_forecast"),
    path("forecasts/news", forecast.news, name="operations_forecast_news"),
    path("forecasts/days.csv", forecast.days, name="operations_forecast_days"),
    path("forecasts/seen", forecast.seen, name="operations_forecast_seen"),
    path("forecasts/<str:name>", forecast.feeder, name="operations_forecast_feeder"),
]
_ORDER = "orders/<str:number>"
field: list[URLPattern] = [
    path("", site.orders, name="field_orders"),
    path(_ORDER, site.order, name="field_order"),
    path(f"{_ORDER}/start", site.start, name="field_order_start"),
    path(f"{_ORDER}/check", site.tick, name="field_order_tick"),
    path(f"{_ORDER}/block", site.block, name="field_order_block"),
    path(f"{_ORDER}/finish", site.finish, name="field_order_finish"),
]
_API = "applications/<str:reference>"
api: list[URLPattern] = [
    path("applications/", applications_api.ApplicationList.as_view(), name="api_applications"),
    path(_API, applications_api.ApplicationDetail.as_view(), name="api_application"),
    path(f"{_API}/tariff", applications_api.AcceptTariff.as_view(), name="api_application_tariff"),
    path(f"{_API}/units/", applications_api.AddUnit.as_view(), name="api_application_units"),
    path(
        f"{_API}/units/<int:unit_id>",
        applications_api.RemoveUnit.as_view(),
        name="api_application_unit",
    ),
    path(
        f"{_API}/connection-plan",
        plan_api.PlanConnection.as_view(),
        name="api_application_connection_plan",
    ),
    path(f"{_API}/overrides/", overrides_api.OverrideList.as_view(), name="api_overrides"),
    path(
        f"{_API}/overrides/<int:override_id>/answer",
        overrides_api.AnswerOverride.as_view(),
        name="api_override_answer",
    ),
    path("conditions/", conditions_api.ConditionList.as_view(), name="api_conditions"),
    path(
        "service-points/<str:meter>/network",
        points_api.ServicePointNetwork.as_view(),
        name="api_service_point_network",
    ),
    path(f"{_API}/planned-date", applications_api.PlanDate.as_view(), name="api_application_date"),
    path(
        f"{_API}/construction",
        construction_api.Construction.as_view(),
        name="api_application_construction",
    ),
    path(f"{_API}/date-offers", construction_api.OfferCreate.as_view(), name="api_date_offers"),
    path(
        f"{_API}/date-offers/<int:offer_id>/answer",
        construction_api.OfferAnswer.as_view(),
        name="api_date_offer_answer",
    ),
    path(f"{_API}/papers/", papers_api.PaperList.as_view(), name="api_application_papers"),
    path(
        f"{_API}/papers/<int:paper_id>/accept",
        papers_api.PaperAccept.as_view(),
        name="api_application_paper_accept",
    ),
    path(
        f"{_API}/papers/<int:paper_id>/return",
        papers_api.PaperReturn.as_view(),
        name="api_application_paper_return",
    ),
    path(f"{_API}/submit", applications_api.Submit.as_view(), name="api_application_submit"),
    path("feeders/", network_api.FeederList.as_view(), name="api_feeders"),
    path("feeders/<str:name>", network_api.FeederDetail.as_view(), name="api_feeder"),
    path(
        "feeders/<str:name>/forecast",
        construction_api.FeederForecastDetail.as_view(),
        name="api_feeder_forecast",
    ),
    path(
        "feeders/<str:name>/sections/",
        network_api.SectionList.as_view(),
        name="api_feeder_sections",
    ),
    path(
        f"{_API}/screening-runs/",
        screening_api.ScreeningRunList.as_view(),
        name="api_screening_runs",
    ),
    path(
        f"{_API}/screening-runs/run",
        screening_api.ScreeningRunCreate.as_view(),
        name="api_screening_run",
    ),
    path(f"{_API}/propose", decisions_api.DecisionPropose.as_view(), name="api_decision_propose"),
    path("decisions/", decisions_api.DecisionList.as_view(), name="api_decisions"),
    path(
        "decisions/<int:pk>/confirm",
        decisions_api.DecisionConfirm.as_view(),
        name="api_decision_confirm",
    ),
    path(
        "decisions/<int:pk>/decline",
        decisions_api.DecisionDecline.as_view(),
        name="api_decision_decline",
    ),
    path(
        "commissioning-tests/",
        tests_api.CommissioningTestList.as_view(),
        name="api_commissioning_tests",
    ),
]
