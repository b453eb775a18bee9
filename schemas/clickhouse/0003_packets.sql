-- Mirrored frames, for those who keep them: docs/how-to/keep-packets.md.
CREATE TABLE IF NOT EXISTS {{table packets}} {{on cluster}}
(
    session_id      UUID,
    time            DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    frame           String CODEC(ZSTD(1)),
    original_length UInt32
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (session_id, time)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};
