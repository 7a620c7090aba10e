-- What the SQLite store asks, by name. A task's row is `rows.TASK_COLUMNS`: new columns of a table are added at its end.

-- settings_of_writer --
-- A commit returns when the disk has it: FULL syncs the journal at every commit. No commit copies the journal back
-- (hence no autocheckpoint: it would hold up whoever waits for that commit); `copy_journal` does, each time that 16 MiB
-- or so have come together. The journal's file keeps its blocks, up to 64 MiB: a sync of blocks written over is cheaper
-- than one of a file that grows, and the room for a burst is given back.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA wal_autocheckpoint = 0;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -65536;
PRAGMA temp_store = MEMORY;

-- settings_of_copier --
-- Copying back must be durable before the journal starts over.
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;

-- settings_of_reader --
PRAGMA query_only = ON;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;

-- journal_mode --
PRAGMA journal_mode;

-- schema_version --
PRAGMA user_version;

-- application --
PRAGMA application_id;

-- count_of_tables --
SELECT count(*) FROM sqlite_master;

-- copy_journal --
-- Copy the journal back into the database, as far as readers allow; commits go on meanwhile. When all of it is copied,
-- the next commit writes at the journal's start.
PRAGMA wal_checkpoint(PASSIVE);

-- begin --
BEGIN IMMEDIATE;

-- commit --
COMMIT;

-- rollback --
ROLLBACK;

-- keep_tasks --
-- Each row a task, the chunk of steps that ended in this batch, and one of the batch's counters; or NULLs for none of
-- the last two. Rows of NULLs fill the statement up to its size: there are few sizes, so that each is prepared once. (?) stands for as many rows as that, and a row
-- for as many values as the view has columns.
INSERT INTO task_changes SELECT * FROM (VALUES (?)) WHERE column1 IS NOT NULL;

-- add_steps --
-- Steps of a task that did not change itself.
INSERT INTO steps VALUES (?, ?, ?, ?);

-- keep_counter --
-- One of more counters than the batch has tasks.
INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?);

-- delete_tasks --
-- By a JSON array of ids.
DELETE FROM tasks WHERE task_id IN (SELECT value FROM json_each(?));

-- delete_steps --
-- By a JSON array of task ids.
DELETE FROM steps WHERE task_id IN (SELECT value FROM json_each(?));

-- remember_tasks --
-- By a JSON object: until when each id is remembered.
INSERT OR REPLACE INTO deleted_tasks SELECT key, value FROM json_each(?);

-- keep_process --
INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- keep_deployment --
INSERT OR REPLACE INTO deployments VALUES (?, ?, ?, ?);

-- keep_company --
INSERT OR REPLACE INTO companies VALUES (?, ?, ?);

-- keep_key --
INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- keep_grant --
INSERT OR REPLACE INTO grants VALUES (?, ?, ?);

-- delete_grant --
DELETE FROM grants WHERE login = ? AND process_id = ?;

-- delete_key --
DELETE FROM keys WHERE login = ?;

-- delete_grants_of_key --
DELETE FROM grants WHERE login = ?;

-- keep_access_token --
INSERT OR REPLACE INTO access_tokens VALUES (?, ?, ?, ?, ?, ?);

-- delete_access_token --
DELETE FROM access_tokens WHERE token_id = ?;

-- delete_access_tokens_of_key --
DELETE FROM access_tokens WHERE login = ?;

-- keep_env_var --
INSERT OR REPLACE INTO env_vars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- delete_env_var --
DELETE FROM env_vars WHERE company_id = ? AND short_name = ?;

-- keep_instance --
INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- delete_instance --
DELETE FROM instances WHERE instance_id = ?;

-- forget_access_tokens --
DELETE FROM access_tokens WHERE expires_at < ?;

-- forget_tasks --
DELETE FROM deleted_tasks WHERE remembered_until < ?;

-- set_value --
INSERT OR REPLACE INTO own_values VALUES (?, ?);

-- task --
SELECT * FROM tasks WHERE task_id = ?;

-- task_by_ref --
SELECT * FROM tasks WHERE process_id = ? AND ref = ? AND ref <> '' ORDER BY task_id DESC LIMIT 1;

-- task_by_request --
-- The first, should there be several.
SELECT * FROM tasks WHERE login = ? AND request_id = ? AND request_id <> '' ORDER BY task_id LIMIT 1;

-- is_remembered --
SELECT 1 FROM deleted_tasks WHERE task_id = ? AND remembered_until > 0;

-- tasks_with_ref --
SELECT * FROM tasks
WHERE process_id = :process_id AND ref = :ref AND ref <> '' AND task_id < :before
    AND (:state IS NULL OR state = :state) AND (:node_id IS NULL OR node_id = :node_id)
ORDER BY task_id DESC LIMIT :limit;

-- tasks_in_node --
SELECT * FROM tasks
WHERE process_id = :process_id AND node_id = :node_id AND task_id < :before
    AND (:state IS NULL OR state = :state) AND (:ref IS NULL OR ref = :ref)
ORDER BY task_id DESC LIMIT :limit;

-- tasks_in_state --
SELECT * FROM tasks
WHERE process_id = :process_id AND state = :state AND task_id < :before
    AND (:ref IS NULL OR ref = :ref)
ORDER BY task_id DESC LIMIT :limit;

-- tasks_of_process --
-- One run through the index for each state, merged: an index without the state would cost every commit a little.
SELECT * FROM tasks WHERE process_id = :process_id AND state = 'running' AND task_id < :before AND (:ref IS NULL OR ref = :ref)
UNION ALL
SELECT * FROM tasks WHERE process_id = :process_id AND state = 'waiting' AND task_id < :before AND (:ref IS NULL OR ref = :ref)
UNION ALL
SELECT * FROM tasks WHERE process_id = :process_id AND state = 'ended' AND task_id < :before AND (:ref IS NULL OR ref = :ref)
UNION ALL
SELECT * FROM tasks WHERE process_id = :process_id AND state = 'failed' AND task_id < :before AND (:ref IS NULL OR ref = :ref)
UNION ALL
SELECT * FROM tasks WHERE process_id = :process_id AND state = 'cancelled' AND task_id < :before AND (:ref IS NULL OR ref = :ref)
ORDER BY task_id DESC LIMIT :limit;

-- steps --
SELECT first_sequence, steps FROM steps WHERE task_id = ? AND last_sequence > ? ORDER BY first_sequence;

-- live_tasks --
SELECT * FROM tasks WHERE state IN ('running', 'waiting') AND task_id > ? ORDER BY task_id LIMIT ?;

-- finished_before --
SELECT task_id FROM tasks WHERE changed_at < ? AND ended_at IS NOT NULL ORDER BY changed_at, task_id LIMIT ?;

-- processes --
SELECT * FROM processes ORDER BY process_id;

-- deployment --
SELECT * FROM deployments WHERE process_id = ? AND version = ?;

-- companies --
SELECT * FROM companies ORDER BY company_id;

-- keys --
SELECT * FROM keys ORDER BY login;

-- grants --
SELECT * FROM grants ORDER BY login, process_id;

-- access_tokens --
SELECT * FROM access_tokens ORDER BY token_id;

-- env_vars --
SELECT * FROM env_vars ORDER BY company_id, short_name;

-- instances --
SELECT * FROM instances ORDER BY instance_id;

-- counters --
SELECT process_id, node_id, name, number FROM counters;

-- value --
SELECT text FROM own_values WHERE name = ?;
