"""What staff see of events: what happened, the audit trail, and how the events' way stands."""
