from __future__ import annotations

from django.urls import path

from fundsite.operations import api

urlpatterns = [
    path("events", api.EventsView.as_view(), name="events"),
    path("audit-logs", api.AuditLogsView.as_view(), name="audit-logs"),
    path("pipeline", api.PipelineView.as_view(), name="pipeline"),
]
