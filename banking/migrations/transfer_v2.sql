-- What a client has sent to others today, on their own calendar, as in transfer_v1.sql; for a day after they moved to
-- another time zone, whatever they sent in the last 24 hours counts as well. Otherwise each zone whose midnight has just
-- passed would be a new day, and the limit of a day one of an hour. What is recorded ahead of the clock, after an
-- account's last movement (ledger_post), counts as today's too.
CREATE OR REPLACE FUNCTION banking_sent_today(p_client uuid, p_zone text, p_currency text) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(t.amount), 0) FROM accounts_client c JOIN banking_transfer t ON t.sender_id = c.id
    WHERE c.id = p_client AND NOT (t.sender_id = t.receiver_id) AND t.currency = p_currency
      AND t.recorded_at > statement_timestamp() - interval '30 hours'
      AND ((t.recorded_at AT TIME ZONE p_zone)::date >= (clock_timestamp() AT TIME ZONE p_zone)::date
           OR (c.time_zone_changed_at > clock_timestamp() - interval '24 hours'
               AND t.recorded_at > clock_timestamp() - interval '24 hours'));
$$;
