-- Removes the schema with everything in it. `manage.py run_sql` wants --yes for this.

DROP SCHEMA IF EXISTS btg CASCADE;
