"""The document store: what consumers keep of events. In MongoDB where one is configured, else in PostgreSQL."""
