"""A utility of size in half a minute: customers, service points, applications, by SQL alone.

100,000 customers, 120,000 service points, 20,000 applications and 20,000 requests of every other
kind at every step of their way. Rows are
made without triggers, as a restored database has them, and then filed for the search in one go.
"""

import json
import time
from dataclasses import dataclass

from django.db import connection, transaction

from customers.flows.kinds import FLOWS
from customers.models.request import REQUEST_FILED
from customers.models.search import CUSTOMER_FILED, POINT_FILED
from derms.accounts.roles import Role
from interconnection.models.application import APPLICATION_FILED, UNIT_FILED
from tests.bench.tables import empty_tables
from tests.factories import AT, make_person, make_tariff_version


@dataclass(frozen=True)
class Size:
    """How many of each."""

    customers: int = 100_000
    points: int = 120_000
    applications: int = 20_000
    requests: int = 20_000


NAMES = """
CREATE TEMP TABLE names ON COMMIT DROP AS SELECT
 '{Ada,Ben,Cem,Dora,Emil,Fatou,Gita,Hugo,Ines,Jorge,Keiko,Liam,Mara,Nils,Olu,Priya,Quentin,Rosa,
   Sven,Tove,Uma,Vera,Wim,Xenia,Yusuf,Zoe,Anders,Bruna,Carlos,Dina}'::text[] AS firsts,
 '{Abel,Berg,Costa,Dahl,Eriksen,Fischer,Garcia,Holm,Ivanov,Jansen,Kowalski,Larsen,Moreau,Novak,
   Okoro,Petrov,Quist,Rossi,Silva,Tanaka,Urban,Vogel,Weber,Xu,Yilmaz,Zeman,Lindqvist,Marsh,
   Nakamura,Osei}'::text[] AS lasts,
 '{Mill,Quay,High,Orchard,Church,Station,Harbour,Meadow,Sunny,Shady,North,South,Bridge,Garden,
   Forest,Hill,Castle,Market,River,School}'::text[] AS streets,
 '{Street,Lane,Road,Way,Close,Avenue}'::text[] AS ways
"""
CUSTOMERS = """
INSERT INTO customers_customer
 (mrid, account_number, name, email, phone, preferred_channel, since_date, version,
  language)
SELECT gen_random_uuid(), 'ACC-' || (1000000 + n),
 firsts[1 + n %% 30] || ' ' || lasts[1 + (n / 30) %% 30] || CASE WHEN n %% 7 = 0
   THEN '-' || lasts[1 + (n / 900) %% 30] ELSE '' END,
 'customer' || n || '@mail.example', '+1 555 ' || lpad((n * 7919 %% 10000000)::text, 7, '0'),
 (ARRAY['email', 'text', 'telephone', 'portal'])[1 + n %% 4], DATE '2010-01-01' + n %% 5000, 1, 'en'
FROM generate_series(1, %(customers)s) n, names
"""
LOCATIONS = """
INSERT INTO customers_servicelocation (street, postcode, locality)
SELECT (1 + n / 120) || ' ' || streets[1 + n %% 20] || ' ' || ways[1 + (n / 20) %% 6],
 lpad((1000 + n %% 90)::text, 4, '0'), 'Town ' || (n %% 90)
FROM generate_series(1, %(points)s) n, names
"""
POINTS = """
INSERT INTO customers_usagepoint
 (mrid, customer_id, location_id, meter_number, phases, nominal_voltage_v, meter_kind)
SELECT gen_random_uuid(), 1 + (n - 1) %% %(customers)s, n, 'MTR-' || lpad(n::text, 7, '0'),
 (ARRAY['A', 'B', 'C', 'ABC'])[1 + n %% 4], 120, 'interval'
FROM generate_series(1, %(points)s) n
"""
AGREEMENTS = """
INSERT INTO customers_customeragreement
 (tariff_version_id, customer_id, usage_point_id, text_sha256, accepted_at, accepted_by_id,
  accepted_name)
SELECT version.id, point.customer_id, point.id, version.text_sha256, %(at)s, %(person)s, 'x'
FROM customers_usagepoint point, customers_tariffversion version
WHERE point.id <= %(applications)s
"""
APPLICATIONS = """
INSERT INTO interconnection_interconnectionapplication
 (reference, customer_id, usage_point_id, agreement_id, status, created_at, created_by,
  submitted_at, complete_at, incomplete_reason, due_date, version, export_choice, compensation,
  phases_used)
SELECT 'A-2026-' || lpad(point.id::text, 5, '0'), point.customer_id, point.id, agreement.id,
 (ARRAY['submitted', 'submitted', 'incomplete', 'in_review', 'in_review',
  'decision_proposed', 'held', 'approved', 'commissioning', 'permitted'])[1 + point.id %% 10],
 %(at)s - point.id %% 40 * interval '1 day', 'customer',
 %(at)s - point.id %% 40 * interval '1 day', %(at)s - point.id %% 30 * interval '1 day', '',
 CASE WHEN point.id %% 10 IN (0, 1, 3, 4, 5)
  THEN DATE '2026-06-01' + (point.id %% 45)::int END, 1, '', '', ''
FROM customers_usagepoint point
JOIN customers_customeragreement agreement ON agreement.usage_point_id = point.id
WHERE point.id <= %(applications)s
"""
MOVES = """
INSERT INTO interconnection_applicationstatuschange
 (application_id, old_status, new_status, at, by, reason)
SELECT id, 'draft', 'submitted', submitted_at, 'customer', ''
FROM interconnection_interconnectionapplication
UNION ALL SELECT id, 'submitted', status, complete_at, 'cleo', ''
FROM interconnection_interconnectionapplication WHERE status <> 'submitted'
"""
UNITS = """
INSERT INTO interconnection_applicationunit
 (application_id, technology, manufacturer, model, serial_number, version,
  active_power_rating_at_unity_power_factor_w, apparent_power_max_rating_va,
  reactive_power_injected_max_rating_var, reactive_power_absorbed_max_rating_var,
  normal_operating_performance_category, abnormal_operating_performance_category,
  ac_voltage_nominal_rating_v, ac_voltage_maximum_rating_v, ac_voltage_minimum_rating_v)
SELECT id, 'photovoltaic', 'Helios', 'H8', 'SN-' || lpad(id::text, 8, '0'), '1.0.0',
 8000, 8000, 3520, 3520, 'B', 'III', 240, 264, 211
FROM interconnection_interconnectionapplication
"""
REQUESTS = """
INSERT INTO customers_servicerequest
 (mrid, number, kind, customer_id, usage_point_id, mirrors, answers, status, step, waiting_on, ask,
  due_date, opened_at, opened_by, closed_at, version)
SELECT gen_random_uuid(), 'R-2026-' || lpad(n::text, 5, '0'),
 (%(steps)s::jsonb -> (n %% jsonb_array_length(%(steps)s::jsonb))::int ->> 0),
 1 + (n - 1) %% %(customers)s, n, '', '{}', at.status, at.step, at.actor, 'ask',
 CASE WHEN at.status = 'open' THEN DATE '2026-06-01' + (n %% 45)::int END,
 %(at)s - n %% 60 * interval '1 day', 'customer',
 CASE WHEN at.status = 'done' THEN %(at)s END, 1
FROM generate_series(1, %(requests)s) n,
LATERAL (SELECT one ->> 1 AS step, one ->> 2 AS actor,
  CASE one ->> 2 WHEN 'nobody' THEN 'done' WHEN 'customer' THEN 'waiting' ELSE 'open' END AS status
  FROM (SELECT %(steps)s::jsonb -> (n %% jsonb_array_length(%(steps)s::jsonb))::int) s(one)) at
"""
PASSAGES = """
INSERT INTO customers_requestpassage (request_id, step, waiting_on, entered_at, by, way, words)
SELECT id, step, waiting_on, opened_at + move * interval '1 day', 'cleo', '', ''
FROM customers_servicerequest, generate_series(0, 1) move
"""


def _steps() -> str:
    """Kind, step and whose turn: every step of every flow, and the end of each."""
    found = [
        [flow.kind, step.key, step.actor.value]
        for flow in FLOWS.values()
        if not flow.is_mirrored
        for step in flow.steps
    ]
    ended = [[kind, "done", "nobody"] for kind in sorted({one[0] for one in found})]
    return json.dumps(found + ended)


def fill(size: Size) -> None:
    """Empty the database and fill it anew."""
    began = time.monotonic()
    empty_tables()
    person = make_person("cleo", Role.CUSTOMER_SERVICE)
    make_tariff_version()
    facts = {**vars(size), "at": AT, "person": person.pk, "steps": _steps()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in (
            NAMES,
            CUSTOMERS,
            LOCATIONS,
            POINTS,
            AGREEMENTS,
            APPLICATIONS,
            MOVES,
            REQUESTS,
            PASSAGES,
        ):
            cursor.execute(statement, facts if "%(" in statement else None)
        cursor.execute(UNITS)
        cursor.execute("SET LOCAL session_replication_role = origin")
        for filed, table in (
            (CUSTOMER_FILED, "customers_customer"),
            (POINT_FILED, "customers_usagepoint"),
            (APPLICATION_FILED, "interconnection_interconnectionapplication"),
            (REQUEST_FILED, "customers_servicerequest"),
            (UNIT_FILED, "interconnection_applicationunit"),
        ):
            cursor.execute(filed.all_rows_sql(table))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"{size} made in {time.monotonic() - began:.0f} s", flush=True)
