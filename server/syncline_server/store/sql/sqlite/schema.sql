-- The schema after all migrations, to read and to compare with; a test proves that it is what they make.
-- Not written by hand: `python -m store.schema` in tests/ prints it.

CREATE TABLE access_tokens (
    token_id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,           -- SHA-256, hexadecimal
    login TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE companies (
    company_id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE counters (
    process_id INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    name TEXT NOT NULL,             -- of a sum; '' is the count of tasks that came to the node
    number TEXT NOT NULL,           -- decimal
    PRIMARY KEY (process_id, node_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE deleted_tasks (
    task_id TEXT NOT NULL PRIMARY KEY,
    remembered_until INTEGER NOT NULL
) STRICT;

CREATE TABLE deployments (
    process_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    source TEXT NOT NULL,           -- JSON
    deployed_at INTEGER NOT NULL,
    PRIMARY KEY (process_id, version)
) STRICT;

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

CREATE TABLE grants (
    login TEXT NOT NULL,
    process_id INTEGER NOT NULL,
    rights TEXT NOT NULL,           -- words with a space between
    PRIMARY KEY (login, process_id)
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

CREATE TABLE keys (
    login TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    title TEXT NOT NULL,
    company_id TEXT NOT NULL,
    owner INTEGER NOT NULL,
    operator INTEGER NOT NULL,
    rate_limit INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE own_values (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE processes (
    process_id INTEGER NOT NULL PRIMARY KEY,
    company_id TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    source TEXT NOT NULL,           -- JSON
    direct_url_hash TEXT NOT NULL,
    aliases TEXT NOT NULL,          -- JSON array of strings
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE steps (
    task_id TEXT NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    steps TEXT NOT NULL             -- JSON array of arrays
) STRICT;

CREATE TABLE tasks (
    task_id TEXT NOT NULL PRIMARY KEY,
    process_id INTEGER NOT NULL,
    process_version INTEGER NOT NULL,
    ref TEXT NOT NULL,
    login TEXT NOT NULL,
    request_id TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    callback_secret TEXT NOT NULL,
    state TEXT NOT NULL,
    data TEXT NOT NULL,             -- JSON object
    tokens TEXT NOT NULL,           -- JSON array of objects
    node_id TEXT NOT NULL,
    previous_node_id TEXT NOT NULL,
    outcome_kind TEXT,              -- NULL while there is no outcome
    outcome_data TEXT,              -- JSON; NULL when it is the very text in data
    outcome_at INTEGER,
    outcome_sequence INTEGER,
    failure TEXT,                   -- JSON object; NULL unless the task failed
    sequence INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    ended_at INTEGER,
    modified_by TEXT NOT NULL       -- JSON array of strings
, caller TEXT NOT NULL DEFAULT '') STRICT;

CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE INDEX access_tokens_by_login ON access_tokens (login);

CREATE INDEX deleted_tasks_by_instant ON deleted_tasks (remembered_until);

CREATE INDEX steps_by_task ON steps (task_id, first_sequence, last_sequence);

CREATE INDEX tasks_by_node ON tasks (process_id, node_id, task_id);

CREATE INDEX tasks_by_ref ON tasks (process_id, ref, task_id) WHERE ref <> '';

CREATE INDEX tasks_by_request ON tasks (login, request_id, task_id) WHERE request_id <> '';

CREATE INDEX tasks_by_state ON tasks (process_id, state, task_id);

CREATE INDEX tasks_finished ON tasks (changed_at, task_id) WHERE ended_at IS NOT NULL;

CREATE INDEX tasks_live ON tasks (task_id) WHERE state IN ('running', 'waiting');

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
