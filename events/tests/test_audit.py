"""The audit trail under attack: whatever is changed, taken away, moved, added or rewritten is named.

Runs against the documents in PostgreSQL, and once more in MongoDB (fundsite/tests/test_mongodb.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.ids import uuid7
from core.request_context import RequestContext, bound
from events import audit
from events.audit import Fault, Finding, Place, Report, verify_audit
from events.documents.models import AuditLog, BusinessEvent
from events.documents.records import ARCHIVER, audit_log, business_event, envelope_of_log
from events.envelope import Envelope, with_hash
from events.heads import Forged, public_key, read_heads, sign
from events.models import Event, InboxItem, InboxState, Seal
from events.sealing import seal
from events.tests.trail import OTHER, archive, execute, happen

ATTACKED = 9


@pytest.fixture(autouse=True)
def trail(documents: None, monkeypatch: pytest.MonkeyPatch) -> int:
    """A trail of some pages; its last position."""
    monkeypatch.setattr(audit, "PAGE", 5)
    with bound(RequestContext(request_id="request-1", ip="192.0.2.7", path="/api/v1/x", role="user")):
        happen(14)
    archive()
    last = Seal.objects.order_by("position").last()
    assert last is not None
    assert last.position > ATTACKED
    return last.position


def log_at(position: int) -> AuditLog:
    return AuditLog.objects.get(position=position)


def only(report: Report) -> tuple[int, Place, Fault]:
    """The one thing that a report has found."""
    assert report.broken == 1, report.findings
    first = report.first
    assert first is not None
    return first.position, first.place, first.fault


def test_an_untouched_trail_is_sound(trail: int) -> None:
    report = verify_audit()
    assert (report.ok, report.checked, report.position) == (True, trail, trail)
    assert report.hash == log_at(trail).hash
    assert (report.pending, report.parked, report.unsealed) == (0, 0, 0)


@pytest.mark.parametrize(("model", "place"), [(AuditLog, Place.AUDIT_LOGS), (BusinessEvent, Place.BUSINESS_EVENTS)])
def test_one_byte_changed_in_any_field_is_named(model: type[AuditLog | BusinessEvent], place: Place) -> None:
    row = model.objects.filter(position=ATTACKED)
    before = row.values().get()
    for name in before.keys() - {"id", "position"}:
        row.update(**{name: _slightly_other(before[name])})
        report = verify_audit()
        assert only(report) == (ATTACKED, place, Fault.ALTERED), name
        assert report.first is not None
        assert report.first.detail == name
        assert report.first.event_id == before["id"]
        row.update(**{name: before[name]})
    assert verify_audit().ok


def _slightly_other(value: object) -> object:
    match value:
        case str():
            return value[:-1] + chr(ord(value[-1]) ^ 1)
        case int():
            return value + 1
        case uuid.UUID():
            return uuid.UUID(int=value.int ^ 1)
        case dict():
            return value | {"kind": 1.0}
        case _:
            return value - timedelta(milliseconds=1)  # type: ignore[operator]


@pytest.mark.parametrize(("model", "place"), [(AuditLog, Place.AUDIT_LOGS), (BusinessEvent, Place.BUSINESS_EVENTS)])
def test_a_record_taken_away_is_missing(model: type[AuditLog | BusinessEvent], place: Place, trail: int) -> None:
    for position in (1, ATTACKED, trail):
        row = model.objects.get(position=position)
        model.objects.filter(pk=row.pk).delete()
        assert only(verify_audit()) == (position, place, Fault.MISSING)
        model.objects.bulk_create([row])
    assert verify_audit().ok


def test_a_tail_cut_off_is_missing_from_its_first_record_on(trail: int) -> None:
    AuditLog.objects.filter(position__gte=ATTACKED).delete()
    report = verify_audit()
    assert report.first == Finding(ATTACKED, Place.AUDIT_LOGS, Fault.MISSING, _event_at(ATTACKED).id)
    assert report.broken == trail - ATTACKED + 1


def test_two_records_that_changed_places_are_both_named() -> None:
    first, second = log_at(ATTACKED), log_at(ATTACKED + 1)
    for log, position in ((first, -1), (second, ATTACKED), (first, ATTACKED + 1)):
        AuditLog.objects.filter(pk=log.pk).update(position=position)
    found = [(finding.position, finding.fault, finding.detail) for finding in verify_audit().findings]
    assert found == [
        (ATTACKED, Fault.REORDERED, f"belongs at {ATTACKED + 1}"),
        (ATTACKED + 1, Fault.REORDERED, f"belongs at {ATTACKED}"),
    ]


def test_a_record_moved_out_of_the_chain_is_found_where_it_is(trail: int) -> None:
    AuditLog.objects.filter(position=ATTACKED).update(position=trail + 100)
    found = [(finding.position, finding.fault) for finding in verify_audit().findings]
    assert found == [(ATTACKED, Fault.REORDERED), (trail + 100, Fault.REORDERED)]


@pytest.mark.parametrize("place", ["behind the end", "before the beginning", "instead of another"])
def test_a_record_that_never_happened_is_named(place: str, trail: int) -> None:
    position = {"behind the end": trail + 1, "before the beginning": 0, "instead of another": ATTACKED}[place]
    AuditLog.objects.filter(position=position).delete()
    model = envelope_of_log(log_at(trail))
    invented = _relinked(model, position=position, id=uuid7(), previous=model.hash)
    AuditLog.objects.bulk_create([audit_log(invented)])
    assert only(verify_audit()) == (position, Place.AUDIT_LOGS, Fault.INSERTED)


def _relinked(envelope: Envelope, **changes: object) -> Envelope:
    """An envelope changed by somebody who knows how the chain is made."""
    fields = {name: getattr(envelope, name) for name in Envelope.__slots__} | changes
    changed = Envelope(**fields)  # type: ignore[arg-type]
    return with_hash(changed, changed.sealed_hash())


def _rewritten(trail: int) -> list[Envelope]:
    """The trail with another user in one record, and every hash from there on made to fit."""
    envelopes, previous = [], log_at(ATTACKED - 1).hash
    for position in range(ATTACKED, trail + 1):
        envelope = envelope_of_log(log_at(position))
        payload = dict(envelope.payload) | ({"user_id": str(OTHER), "kind": "none"} if position == ATTACKED else {})
        envelopes.append(_relinked(envelope, payload=payload, previous=previous))
        previous = envelopes[-1].hash
    return envelopes


def _replace_documents(envelopes: list[Envelope]) -> None:
    for model in (AuditLog, BusinessEvent):
        model.objects.filter(position__gte=ATTACKED).delete()
    AuditLog.objects.bulk_create([audit_log(envelope) for envelope in envelopes])
    BusinessEvent.objects.bulk_create([business_event(envelope) for envelope in envelopes])


def test_documents_rewritten_with_hashes_that_fit_do_not_agree_with_the_seals(trail: int) -> None:
    _replace_documents(_rewritten(trail))
    first = verify_audit().first
    assert first is not None
    assert (first.position, first.place, first.fault) == (ATTACKED, Place.AUDIT_LOGS, Fault.ALTERED)
    assert first.detail == "payload, hash"


def test_a_history_rewritten_everywhere_is_still_caught_by_a_head_taken_before(trail: int) -> None:
    report = verify_audit()
    head = sign(position=report.position, hash=report.hash, at=timezone.now())
    envelopes = _rewritten(trail)
    _replace_documents(envelopes)
    for envelope in envelopes:
        execute("UPDATE events_seal SET hash = decode(%s, 'hex') WHERE position = %s", envelope.hash, envelope.position)
    execute(
        "UPDATE events_event SET payload = payload || %s::jsonb WHERE id = %s",
        f'{{"user_id": "{OTHER}", "kind": "none"}}',
        envelopes[0].id,
    )
    assert verify_audit().ok  # nothing inside of the databases tells
    assert only(verify_audit(heads=[head])) == (trail, Place.HEAD, Fault.ALTERED)


def test_a_history_cut_short_everywhere_is_still_caught_by_a_head_taken_before(trail: int) -> None:
    head = sign(position=trail, hash=log_at(trail).hash, at=timezone.now())
    gone = _event_at(trail)
    for model in (AuditLog, BusinessEvent):
        model.objects.filter(position=trail).delete()
    execute("DELETE FROM events_seal WHERE position = %s", trail)
    execute("DELETE FROM events_event WHERE seq = %s", gone.seq)
    assert verify_audit().ok
    assert only(verify_audit(heads=[head])) == (trail, Place.HEAD, Fault.MISSING)


def _event_at(position: int) -> Event:
    return Event.objects.get(seal__position=position)


def test_an_event_altered_in_the_log_is_named_as_that(trail: int) -> None:
    for position in (1, ATTACKED, trail):
        event = _event_at(position)
        execute('UPDATE events_event SET context = \'{"ip": "192.0.2.8"}\' WHERE seq = %s', event.seq)
        assert only(verify_audit()) == (position, Place.EVENT_LOG, Fault.ALTERED)
        execute("DELETE FROM events_event WHERE seq = %s", event.seq)
        assert only(verify_audit()) == (position, Place.EVENT_LOG, Fault.MISSING)
        Event.objects.bulk_create([event])
    assert verify_audit().ok


def test_a_seal_altered_or_taken_away_is_named_as_that(trail: int) -> None:
    for position in (1, 5, ATTACKED, trail):
        before = Seal.objects.get(position=position)
        execute("UPDATE events_seal SET hash = sha256('') WHERE position = %s", position)
        assert only(verify_audit()) == (position, Place.SEALS, Fault.ALTERED)
        execute("UPDATE events_seal SET hash = %s WHERE position = %s", before.hash, position)
    execute("DELETE FROM events_seal WHERE position = %s", ATTACKED)
    places = {(finding.position, finding.place, finding.fault) for finding in verify_audit().findings}
    assert (ATTACKED, Place.SEALS, Fault.MISSING) in places
    assert {position for position, _place, _fault in places} == {0, ATTACKED}


def test_an_event_kept_out_of_the_chain_is_named() -> None:
    (hidden,) = happen(1)
    execute("DELETE FROM events_unsealed")
    report = verify_audit()
    assert only(report) == (0, Place.EVENT_LOG, Fault.UNSEALED)
    assert report.first is not None
    assert report.first.event_id == hidden


def test_what_is_not_archived_yet_is_not_missing(trail: int) -> None:
    happen(3)
    assert (verify_audit().unsealed, verify_audit().ok) == (3, True)
    assert seal() == 3
    report = verify_audit()
    assert (report.ok, report.pending, report.position, report.checked) == (True, 3, trail + 3, trail)
    assert report.pending_since is not None
    archive()
    assert (verify_audit().pending, verify_audit().checked) == (0, trail + 3)


def test_what_stays_unarchived_for_long_counts_as_missing(trail: int) -> None:
    happen(1)
    seal()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert only(verify_audit()) == (trail + 1, Place.AUDIT_LOGS, Fault.OVERDUE)


def test_what_the_archiver_has_set_aside_is_counted_apart(trail: int) -> None:
    happen(1)
    seal()
    event = _event_at(trail + 1)
    InboxItem.objects.create(
        consumer=ARCHIVER,
        event_id=event.id,
        position=trail + 1,
        state=InboxState.PARKED,
        reason="x",
        updated_at=timezone.now(),
    )
    report = verify_audit()
    assert (report.ok, report.parked, report.pending) == (True, 1, 0)


def test_a_record_archived_while_one_looks_is_neither_missing_nor_left_unchecked(
    trail: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(1)
    excused = audit._excused

    def archived_meanwhile(report: Report, absent: list[audit._Link]) -> set[int]:
        if absent:
            archive()
        return excused(report, absent)

    seal()
    monkeypatch.setattr(audit, "_excused", archived_meanwhile)
    report = verify_audit()
    assert (report.ok, report.checked) == (True, trail + 1)


def test_a_record_sealed_and_archived_since_the_walk_began_is_no_stranger(
    trail: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = audit._strangers

    def after_more(start: int, last: int) -> Iterator[Finding]:
        happen(2)
        archive()
        return strangers(start, last)

    monkeypatch.setattr(audit, "_strangers", after_more)
    report = verify_audit()
    assert (report.ok, report.position) == (True, trail)


def test_a_walk_may_begin_in_the_middle(trail: int) -> None:
    AuditLog.objects.filter(position=2).update(ip="192.0.2.9")
    report = verify_audit(start=3)
    assert (report.ok, report.checked, report.position) == (True, trail - 2, trail)
    assert not verify_audit(start=2).ok


def test_a_walk_from_beyond_the_end_is_not_taken_for_a_sound_one(
    trail: int, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit", "--from", str(trail))
    capsys.readouterr()
    for start in (trail + 1, trail + 10):
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit", "--from", str(start))
        assert ended.value.code == 1
        said = capsys.readouterr().out
        assert f"BROKEN  seals: record {start} is missing: the chain ends before it" in said
        assert f"head    {trail} {verify_audit().hash}" in said
        AuditLog.objects.filter(position=trail).delete()
        with pytest.raises(CommandError, match=f"The chain ends at {trail}: there is nothing from {start} on"):
            call_command("rearchive", "--from", str(start))
        assert not AuditLog.objects.filter(position=trail).exists()
        call_command("rearchive", "--from", str(trail))


def test_a_key_without_heads_to_check_is_refused() -> None:
    with pytest.raises(CommandError, match="--head"):
        call_command("verify_audit", key=public_key())


def test_documents_that_were_lost_are_written_again_and_an_altered_one_still_shows(
    trail: int, capsys: pytest.CaptureFixture[str]
) -> None:
    AuditLog.objects.filter(position__gte=ATTACKED).delete()
    BusinessEvent.objects.all().delete()
    call_command("rearchive")
    assert f"{trail} sealed events are in the documents" in capsys.readouterr().out
    assert (verify_audit().ok, verify_audit().checked) == (True, trail)
    AuditLog.objects.filter(position=ATTACKED).update(ip="192.0.2.9")
    call_command("rearchive", start=ATTACKED)
    assert only(verify_audit()) == (ATTACKED, Place.AUDIT_LOGS, Fault.ALTERED)


def test_nothing_sealed_is_nothing_broken() -> None:
    for table in ("events_seal", "events_unsealed", "events_event"):
        execute(f"DELETE FROM {table}")
    for model in (AuditLog, BusinessEvent):
        model.objects.all().delete()
    report = verify_audit()
    assert (report.ok, report.checked, report.position) == (True, 0, 0)
    with pytest.raises(CommandError, match="Nothing is sealed"):
        call_command("audit_head")


def test_the_commands_say_it_and_exit_accordingly(
    trail: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path / "heads"
    for _day in range(2):
        call_command("audit_head", out=heads)
    assert len(heads.read_text().splitlines()) == 2
    call_command("verify_audit", head=heads)
    assert f"ok      {trail} records from 1 to {trail}, 2 heads" in capsys.readouterr().out

    AuditLog.objects.filter(position=ATTACKED).update(path="/api/v1/y")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert f"BROKEN  audit_logs: record {ATTACKED} ({_event_at(ATTACKED).id}) is altered: path" in said
    before = heads.read_bytes()
    with pytest.raises(CommandError, match=f"not signed: audit_logs: record {ATTACKED}"):
        call_command("audit_head", out=heads)
    assert heads.read_bytes() == before


def test_a_head_counts_only_with_the_signature_of_the_key_it_is_checked_with(tmp_path: Path) -> None:
    head = sign(position=3, hash="0" * 64, at=timezone.now())
    line = head.to_json().decode()
    assert read_heads(f"{line}\n\n{line}\n", key=public_key()) == [head, head]
    somebody_else = "A" * 43 + "="
    for text, key in (
        (line.replace('"position":3', '"position":2'), public_key()),
        (line, somebody_else),
        (line, "not base64"),
        ("{}", public_key()),
        ("no json", public_key()),
        ("", public_key()),
    ):
        with pytest.raises(Forged):
            read_heads(text, key=key)
    path = tmp_path / "head"
    path.write_text(line.replace("000", "001"))
    with pytest.raises(CommandError, match="line 1: not signed by the key"):
        call_command("verify_audit", head=path)


def test_a_file_of_heads_that_cannot_be_used_is_named_once_with_the_reason(trail: int, tmp_path: Path) -> None:
    nowhere, binary = tmp_path / "none" / "heads", tmp_path / "binary"
    binary.write_bytes(b"\xff")
    for command, options, said in (
        ("verify_audit", {"head": nowhere}, f"{nowhere} cannot be read: No such file or directory."),
        ("verify_audit", {"head": binary}, f"{binary} is not UTF-8 text."),
        ("audit_head", {"out": nowhere}, f"{nowhere} cannot be written: No such file or directory."),
    ):
        with pytest.raises(CommandError) as refused:
            call_command(command, **options)
        assert str(refused.value) == said


def test_a_key_of_ones_own_signs_in_place_of_the_derived_one(settings: object) -> None:
    derived = public_key()
    settings.AUDIT_SIGNING_KEY = "A" * 43 + "="  # type: ignore[attr-defined]
    assert public_key() != derived
    assert read_heads(sign(position=1, hash="", at=timezone.now()).to_json().decode(), key=public_key())
