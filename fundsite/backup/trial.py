"""Everything that can be verified, as a list of what is wrong."""

from __future__ import annotations

from events.audit import verify_audit
from fundsite.books import CHECKS
from ledger.verify import verify


def faults() -> list[str]:
    """Empty if the books add up and the audit trail is whole."""
    broken = [f"{finding.name}: {finding.first}" for finding in verify(CHECKS) if finding.broken]
    report = verify_audit()
    return broken + [str(finding) for finding in report.findings]
