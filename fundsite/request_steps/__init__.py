"""The steps of the request collection: every operation of the API, in an order in which each finds what it needs."""

from __future__ import annotations

from fundsite.demo_logins import OLDER_ADMIN
from fundsite.request_steps import banking, clients, notifications, sessions, staff
from fundsite.request_steps.step import Step, expects

__all__ = ["STEPS", "VARIABLES", "Step", "expects"]
VARIABLES = {
    "base_url": "http://localhost:8000",
    "email": "u@test.com",
    "access_token": "",
    "refresh_token": "",
    "subscription_id": "",
    "account_number": "",
    "savings_number": "",
    "dollars_number": "",
    "transfer_id": "",
    "starts_on": "",
    "schedule_id": "",
    "document_code": "",
    "username": "",
    "staff_username": OLDER_ADMIN.sign_in_as,
    "staff_password": OLDER_ADMIN.password,
    "staff_token": "",
    "client_email": "",
    "client_id": "",
    "client_rfc": "",
    "company": "",
    "company_slug": "",
}
STEPS = (
    *sessions.COMING_IN,
    *clients.FUNDS,
    *clients.COMPANIES,
    *banking.ACCOUNTS,
    *notifications.NOTIFICATIONS,
    *sessions.PROFILE,
    *staff.PEOPLE,
    *banking.STAFF,
    *staff.EVENTS,
    *sessions.GOING_OUT,
)
