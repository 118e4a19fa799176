from __future__ import annotations

from django.urls import path

from funds import api

urlpatterns = [
    path("funds", api.FundsView.as_view(), name="funds"),
    path("funds/<int:fund_id>", api.FundView.as_view(), name="fund"),
    path("subscriptions", api.SubscriptionsView.as_view(), name="subscriptions"),
    path("subscriptions/<int:fund_id>", api.SubscribeView.as_view(), name="subscribe"),
    path("subscriptions/<uuid:subscription_id>", api.SubscriptionView.as_view(), name="subscription"),
    path("subscriptions/<uuid:subscription_id>/cancel", api.CancelView.as_view(), name="cancel"),
    path("transactions", api.TransactionsView.as_view(), name="transactions"),
    path("transactions/<uuid:transaction_id>", api.TransactionView.as_view(), name="transaction"),
]
