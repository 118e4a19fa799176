from __future__ import annotations

from django.urls import path

from notifications import api

urlpatterns = [
    path("notifications", api.NoticesView.as_view(), name="notifications"),
    path("notifications/unread", api.UnreadView.as_view(), name="unread_notifications"),
    path("notifications/read-all", api.ReadAllView.as_view(), name="read_all_notifications"),
    path("notifications/preferences", api.PreferencesView.as_view(), name="notification_preferences"),
    path("notifications/<uuid:notice_id>/read", api.ReadView.as_view(), name="read_notification"),
]
