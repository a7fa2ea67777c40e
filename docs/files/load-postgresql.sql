-- psql "$DATABASE" -X -q -v ON_ERROR_STOP=1 -f load-postgresql.sql < output/versions.jsonl
SET client_min_messages = warning;
BEGIN;
CREATE TABLE IF NOT EXISTS policy_lines (line jsonb NOT NULL);
TRUNCATE policy_lines;
-- a line as it is: JSON has none of these control characters
\copy policy_lines FROM pstdin WITH (FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01')
CREATE OR REPLACE VIEW policy_versions AS
SELECT
    row.id, row.previous_id, row.change, row.change_class, row.company, row.domain, row.kind, row.page, row.variant,
    row.number, row.first_seen, row.last_seen, row.captures, row.url, row.snapshot_url, row.path, row.text_sha256, row.title, row.words,
    row.words_added, row.words_removed, row.words_moved, string_to_array(row.topics, ' ') AS topics,
    string_to_array(row.topics_changed, ' ') AS topics_changed, row.language, row.effective_date, row.flesch,
    row.flesch_kincaid, row.smog, row.policy_score, row.is_policy, row.recorded
FROM policy_lines, jsonb_to_record(line) AS row (
    id text, previous_id text, change text, change_class text, company text, domain text, kind text, page text,
    variant text, number integer, first_seen timestamptz, last_seen timestamptz, captures integer, url text, snapshot_url text,
    path text, text_sha256 text, title text, words integer, words_added integer, words_removed integer,
    words_moved integer, topics text, topics_changed text, language text, effective_date date, flesch double precision,
    flesch_kincaid double precision, smog double precision, policy_score double precision,
    is_policy boolean, recorded timestamptz
);
COMMIT;
