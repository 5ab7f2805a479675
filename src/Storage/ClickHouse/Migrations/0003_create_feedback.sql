-- The last feedback of each (target, name, source); read with FINAL. It may be here before what it is about is. A target is a trace
-- (or a span of it), a conversation or an answer by the provider's id.
CREATE TABLE IF NOT EXISTS feedback
(
    project     LowCardinality(String),
    target_kind LowCardinality(String),
    target      String CODEC(ZSTD(1)),
    span_id     String CODEC(ZSTD(1)),
    name        LowCardinality(String),
    source      LowCardinality(String),
    label       Nullable(String) CODEC(ZSTD(1)),
    value       Nullable(Float64) CODEC(ZSTD(1)),
    comment     Nullable(String) CODEC(ZSTD(1)),
    demonstration Nullable(String) CODEC(ZSTD(1)),
    at          DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    written     UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(written)
ORDER BY (project, target_kind, target, span_id, name, source)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
