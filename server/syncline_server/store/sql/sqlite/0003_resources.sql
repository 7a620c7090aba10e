-- What processes use besides themselves (environment variables, databases), what was counted in their nodes, and which
-- task called another one.

CREATE TABLE env_vars (
    company_id TEXT NOT NULL,
    short_name TEXT NOT NULL,
    value TEXT NOT NULL,
    is_secret INTEGER NOT NULL,
    is_json INTEGER NOT NULL,
    uses TEXT NOT NULL,             -- words with a space between
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, short_name)
) STRICT;

CREATE TABLE instances (
    instance_id INTEGER NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    database TEXT NOT NULL,
    user TEXT NOT NULL,
    password TEXT NOT NULL,
    tls TEXT NOT NULL,
    file TEXT NOT NULL,
    max_connections INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE counters (
    process_id INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    name TEXT NOT NULL,             -- of a sum; '' is the count of tasks that came to the node
    number TEXT NOT NULL,           -- decimal
    PRIMARY KEY (process_id, node_id, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE tasks ADD COLUMN caller TEXT NOT NULL DEFAULT '';

DROP TRIGGER keep_task;
DROP VIEW task_changes;

-- What a batch does, a row for each task: through this view one statement keeps a task, its steps and a counter.
CREATE VIEW task_changes AS
SELECT
    *, NULL AS first_sequence, NULL AS last_sequence, NULL AS steps,
    NULL AS counter_process_id, NULL AS counter_node_id, NULL AS counter_name, NULL AS counter_number
FROM tasks;

CREATE TRIGGER keep_task INSTEAD OF INSERT ON task_changes BEGIN
    -- process, ref, login and request are for life: not setting them spares their indexes.
    INSERT INTO tasks VALUES (
        NEW.task_id, NEW.process_id, NEW.process_version, NEW.ref, NEW.login, NEW.request_id, NEW.request_hash,
        NEW.callback_secret, NEW.state, NEW.data, NEW.tokens, NEW.node_id, NEW.previous_node_id,
        NEW.outcome_kind, NEW.outcome_data, NEW.outcome_at, NEW.outcome_sequence, NEW.failure,
        NEW.sequence, NEW.created_at, NEW.changed_at, NEW.ended_at, NEW.modified_by, NEW.caller
    ) ON CONFLICT (task_id) DO UPDATE SET
        process_version = excluded.process_version, request_hash = excluded.request_hash,
        callback_secret = excluded.callback_secret, state = excluded.state, data = excluded.data,
        tokens = excluded.tokens, node_id = excluded.node_id, previous_node_id = excluded.previous_node_id,
        outcome_kind = excluded.outcome_kind, outcome_data = excluded.outcome_data,
        outcome_at = excluded.outcome_at, outcome_sequence = excluded.outcome_sequence, failure = excluded.failure,
        sequence = excluded.sequence, created_at = excluded.created_at, changed_at = excluded.changed_at,
        ended_at = excluded.ended_at, modified_by = excluded.modified_by,
        caller = excluded.caller;
    INSERT INTO steps
    SELECT NEW.task_id, NEW.first_sequence, NEW.last_sequence, NEW.steps WHERE NEW.steps IS NOT NULL;
    INSERT INTO counters
    SELECT NEW.counter_process_id, NEW.counter_node_id, NEW.counter_name, NEW.counter_number
    WHERE NEW.counter_number IS NOT NULL
    ON CONFLICT (process_id, node_id, name) DO UPDATE SET number = excluded.number;
END;

PRAGMA user_version = 3;
