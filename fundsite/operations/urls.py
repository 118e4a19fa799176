from __future__ import annotations

from django.urls import path

from fundsite.operations import views

app_name = "operations"
urlpatterns = [
    path("eventos/", views.event_list, name="events"),
    path("eventos/<uuid:event_id>/", views.event_page, name="event"),
    path("auditoria/", views.audit_list, name="audit"),
    path("auditoria/<uuid:event_id>/", views.audit_page, name="audit_log"),
    path("canal/", views.pipeline_page, name="pipeline"),
    path("canal/reintentar/", views.retry, name="retry"),
]
