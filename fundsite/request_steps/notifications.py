"""Notices, and how one wants to be told. Notices come a moment after what they tell of, so no step waits for one."""

from __future__ import annotations

from fundsite.request_steps.step import Step, expects

NOTIFICATIONS = (
    Step(folder="Avisos", operation="notifications", status=200),
    Step(
        folder="Avisos",
        operation="unread_notifications",
        status=200,
        tests=(expects("dice cuántos", "pm.expect(pm.response.json().unread).to.be.at.least(0);"),),
    ),
    Step(
        folder="Avisos",
        operation="read_notification",
        status=404,
        path={"notice_id": "00000000-0000-4000-8000-000000000000"},
        name="Un aviso que no existe no se puede marcar",
    ),
    Step(folder="Avisos", operation="read_all_notifications", status=200),
    Step(folder="Avisos", operation="notification_preferences", status=200),
    Step(
        folder="Avisos",
        operation="update_notification_preferences",
        status=200,
        tests=(expects("sin los de transferencias", 'pm.expect(pm.response.json().declined).to.eql(["transfers"]);'),),
    ),
)
