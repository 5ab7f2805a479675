-- One row a span. A span that is written again comes as a second row with a later "written"; readers keep the last one of each
-- (trace, span), and merges drop earlier rows that have the same start. Money is nano-dollars; null is unknown. A partition is one
-- project's day, so that a day's traces are given up by dropping it.
CREATE TABLE IF NOT EXISTS spans
(
    project         LowCardinality(String),
    trace_id        String CODEC(ZSTD(1)),
    span_id         String CODEC(ZSTD(1)),
    parent_id       Nullable(String) CODEC(ZSTD(1)),
    kind            LowCardinality(String),
    name            LowCardinality(String),
    start           DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_us     Int64 CODEC(ZSTD(1)),
    error           Nullable(String) CODEC(ZSTD(1)),
    agent           LowCardinality(String),
    version         LowCardinality(Nullable(String)),
    purpose         LowCardinality(String),
    conversation    Nullable(String) CODEC(ZSTD(1)),
    user            Nullable(String) CODEC(ZSTD(1)),
    session         LowCardinality(Nullable(String)),
    case_id         Nullable(String) CODEC(ZSTD(1)),
    role            LowCardinality(Nullable(String)),
    provider        LowCardinality(Nullable(String)),
    model_requested LowCardinality(Nullable(String)),
    model           LowCardinality(Nullable(String)),
    has_usage       Bool,
    input_uncached  Nullable(Int64) CODEC(ZSTD(1)),
    cache_read      Nullable(Int64) CODEC(ZSTD(1)),
    cache_write     Nullable(Int64) CODEC(ZSTD(1)),
    cache_write_hour Nullable(Int64) CODEC(ZSTD(1)),
    input_audio     Nullable(Int64) CODEC(ZSTD(1)),
    output_text     Nullable(Int64) CODEC(ZSTD(1)),
    output_reasoning Nullable(Int64) CODEC(ZSTD(1)),
    output_audio    Nullable(Int64) CODEC(ZSTD(1)),
    billed_calls    Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
    cost_nano       Nullable(Int64) CODEC(ZSTD(1)),
    cost_reason     LowCardinality(Nullable(String)),
    price_table     LowCardinality(Nullable(String)),
    confidence      Nullable(Float64) CODEC(ZSTD(1)),
    service         LowCardinality(Nullable(String)),
    environment     LowCardinality(Nullable(String)),
    tool            LowCardinality(Nullable(String)),
    response_id     Nullable(String) CODEC(ZSTD(1)),
    agent_name      LowCardinality(Nullable(String)),
    agent_version   LowCardinality(Nullable(String)),
    prompt_name     LowCardinality(Nullable(String)),
    prompt_version  LowCardinality(Nullable(String)),
    details         Nullable(String) CODEC(ZSTD(1)),
    input           Nullable(String) CODEC(ZSTD(1)),
    output          Nullable(String) CODEC(ZSTD(1)),
    attributes      Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    written         UInt64 CODEC(Delta, ZSTD(1)),
    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_written written TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written)
PARTITION BY (project, toDate(start))
ORDER BY (project, start, trace_id, span_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
