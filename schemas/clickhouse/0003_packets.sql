-- Mirrored frames, for those who keep them: docs/how-to/keep-packets.md. What a frame's encapsulation said is with it,
-- so that it can be put back into one.
CREATE TABLE IF NOT EXISTS {{table packets}} {{on cluster}}
(
    session_id       UUID,
    time             DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    frame            String CODEC(ZSTD(1)),
    original_length  UInt32,
    mirror_type      LowCardinality(String),
    mirror_source    IPv6,
    mirror_target    IPv6,
    mirror_session   UInt16,
    gre_key          Nullable(UInt32),
    mirror_port      UInt32,
    mirror_direction Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2, 'both' = 3),
    mirror_hardware  UInt8,
    security_group   UInt16,
    cos              UInt8,
    vlan             Nullable(UInt16),
    layer            Enum8('other' = 0, 'ethernet' = 1, 'ipv4' = 2, 'ipv6' = 3, 'ppp' = 4, 'ieee80211' = 5)
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (session_id, time)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};
