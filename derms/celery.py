"""The Celery application: bells and clock, never memory."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
app = Celery("derms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By name: the step needs Django's apps, which are ready only when a worker starts.
app.steps["worker"].add("devices.worker:GatewayStep")
