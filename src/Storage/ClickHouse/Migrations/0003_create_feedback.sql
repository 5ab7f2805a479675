-- The last feedback of each (trace, name, source); read with FINAL. It may be here before its trace is.
CREATE TABLE IF NOT EXISTS feedback
(
    project  LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    name     LowCardinality(String),
    source   LowCardinality(String),
    label    Nullable(String) CODEC(ZSTD(1)),
    value    Nullable(Float64) CODEC(ZSTD(1)),
    comment  Nullable(String) CODEC(ZSTD(1)),
    at       DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    written  UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(written)
ORDER BY (project, trace_id, name, source)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
