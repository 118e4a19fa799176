-- Whoever changes a user's password, role or activity ends that user's API sessions, and with them every access and
-- refresh token: a page, the API, the admin or somebody at psql. A new role or a deactivation ends the sessions of
-- browsers too; after a new password those end by themselves, because each holds a fingerprint of the old hash.

CREATE FUNCTION accounts_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_session SET revoked_at = clock_timestamp() WHERE user_id = NEW.id AND revoked_at IS NULL;
    DELETE FROM accounts_secondfactorticket WHERE user_id = NEW.id;
    IF NEW.role <> OLD.role OR NEW.is_active <> OLD.is_active THEN
        DELETE FROM django_session s USING usersessions_usersession u
            WHERE u.user_id = NEW.id AND s.session_key = u.session_key;
    END IF;
    RETURN NULL;
END $$;

-- The same password under a new hash is no new password: `accounts_rehash` names the one hash that is let pass.
CREATE TRIGGER accounts_end_sessions AFTER UPDATE OF password, role, is_active ON accounts_user FOR EACH ROW
    WHEN (OLD.role <> NEW.role OR OLD.is_active <> NEW.is_active
        OR (OLD.password <> NEW.password AND NEW.password IS DISTINCT FROM current_setting('accounts.rehash', true)))
    EXECUTE FUNCTION accounts_end_sessions();

CREATE FUNCTION accounts_rehash(who uuid, known varchar, hashed varchar) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('accounts.rehash', hashed, true);
    UPDATE accounts_user SET password = hashed WHERE id = who AND password = known;
    PERFORM set_config('accounts.rehash', '', true);
END $$;

-- A session is for the user as they were when their password was checked. FOR SHARE waits for whoever is changing them
-- and looks again; a change that comes later waits for this and then ends the session.
CREATE FUNCTION accounts_start_session(
    session_id uuid, who uuid, checked varchar, as_role varchar, refresh uuid, began timestamptz, ends timestamptz,
    address inet, agent varchar
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_user
        WHERE id = who AND is_active AND role = as_role AND password = checked FOR SHARE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO accounts_session (id, user_id, refresh_id, created_at, last_used_at, expires_at, ip, user_agent)
        VALUES (session_id, who, refresh, began, began, ends, address, agent);
    RETURN true;
END $$;
