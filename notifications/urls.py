from __future__ import annotations

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("avisos/", views.notice_list, name="list"),
    path("avisos/leidos/", views.mark_all_read, name="read_all"),
    path("avisos/preferencias/", views.preferences, name="preferences"),
    path("avisos/<uuid:notice_id>/leido/", views.mark_read, name="read"),
]
