-- duckdb policies.duckdb < load-duckdb.sql, in the folder that has output/
BEGIN;
CREATE OR REPLACE TABLE versions AS
SELECT
    * REPLACE (
        CAST(first_seen AS TIMESTAMPTZ) AS first_seen,
        CAST(last_seen AS TIMESTAMPTZ) AS last_seen,
        CAST(recorded AS TIMESTAMPTZ) AS recorded,
        CAST(effective_date AS DATE) AS effective_date,
        string_split(topics, ' ') AS topics,
        string_split(topics_changed, ' ') AS topics_changed
    )
FROM read_json('output/versions.jsonl', format = 'newline_delimited', sample_size = -1, maximum_object_size = 67108864);
-- what a version changed, beside what was there before
CREATE OR REPLACE VIEW changes AS
SELECT new.*, old.first_seen AS old_first_seen, old.words AS old_words, old.snapshot_url AS old_snapshot_url
FROM versions AS new JOIN versions AS old ON old.id = new.previous_id;
COMMIT;
