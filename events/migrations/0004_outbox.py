from django.db import migrations

from core.sql_files import run_sql_file

RECORD_V1 = """
    CREATE OR REPLACE FUNCTION events_record(
        p_id uuid, p_name text, p_version int, p_actor uuid, p_payload jsonb, p_context jsonb,
        p_at timestamptz DEFAULT clock_timestamp()
    ) RETURNS void
    LANGUAGE sql AS $$
        INSERT INTO events_event (id, name, version, actor_id, payload, context, recorded_at)
        VALUES (p_id, p_name, p_version, p_actor, p_payload, p_context, p_at);
    $$;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0003_pipeline"), ("core", "0005_clock")]
    operations = [
        run_sql_file(__file__, "bell_v1.sql", reverse="DROP FUNCTION events_sealer; DROP FUNCTION events_bell;"),
        run_sql_file(
            __file__,
            "record_v2.sql",
            reverse=RECORD_V1
            + """
                DROP TRIGGER events_seal_no_truncate ON events_seal;
                DROP TRIGGER events_seal_append_only ON events_seal;
            """,
        ),
    ]
