-- duckdb policies.duckdb < load-duckdb.sql, in the folder that has output/
BEGIN;
-- the columns are named with their types, so that an empty file, or a column without a value, gives the same table
CREATE OR REPLACE TABLE versions AS
SELECT * REPLACE (string_split(topics, ' ') AS topics, string_split(topics_changed, ' ') AS topics_changed)
FROM read_json(
    'output/versions.jsonl', format = 'newline_delimited', maximum_object_size = 67108864,
    columns = {
        id: 'VARCHAR', previous_id: 'VARCHAR', change: 'VARCHAR', change_class: 'VARCHAR', company: 'VARCHAR',
        domain: 'VARCHAR', kind: 'VARCHAR', page: 'VARCHAR', variant: 'VARCHAR', number: 'BIGINT',
        first_seen: 'TIMESTAMPTZ', last_seen: 'TIMESTAMPTZ', interval: 'VARCHAR', captures: 'BIGINT',
        mimetype: 'VARCHAR', timestamp: 'VARCHAR', archive: 'VARCHAR', url: 'VARCHAR', snapshot_url: 'VARCHAR',
        source_url: 'VARCHAR', path: 'VARCHAR', text_sha256: 'VARCHAR', title: 'VARCHAR', words: 'BIGINT',
        words_added: 'BIGINT', words_removed: 'BIGINT', words_moved: 'BIGINT', topics: 'VARCHAR',
        topics_changed: 'VARCHAR', effective_date: 'DATE', language: 'VARCHAR', flesch: 'DOUBLE',
        flesch_kincaid: 'DOUBLE', smog: 'DOUBLE', reading: 'VARCHAR', reading_coverage: 'DOUBLE',
        policy_score: 'DOUBLE', policy_threshold: 'DOUBLE', is_policy: 'BOOLEAN', near_duplicate_of: 'VARCHAR',
        converter_version: 'VARCHAR', recorded: 'TIMESTAMPTZ', same_text_in: 'VARCHAR'
    }
);
-- what a version changed, beside what was there before
CREATE OR REPLACE VIEW changes AS
SELECT new.*, old.first_seen AS old_first_seen, old.words AS old_words, old.snapshot_url AS old_snapshot_url
FROM versions AS new JOIN versions AS old ON old.id = new.previous_id;
COMMIT;
