"""Measurements. Each program makes a database of its own on the server of DATABASE_URL and drops it at the end:

    python -m bench.subscribe      a subscription: the database's function, the service, over HTTP
    python -m bench.guards         what the ledger's guards cost
    python -m bench.plans          what the queries read in a million rows

Without a server:  python -m fundsite.embedded .data python -m bench.subscribe
"""
