-- What became of packets between two places where they were mirrored: a row per minute, pair and direction.
CREATE TABLE IF NOT EXISTS {{table paths}} {{on cluster}}
(
    minute         DateTime('UTC'),
    from_mirror    LowCardinality(String),
    to_mirror      LowCardinality(String),
    sample         UInt32,
    clocks         Enum8('relative' = 0, 'common' = 1),
    matched        UInt64,
    lost           UInt64,
    unknown        UInt64,
    ambiguous      UInt64,
    unmatchable    UInt64,
    reordered      UInt64,
    elsewhere      UInt64,
    delay_min_ns   Int64,
    delay_p50_ns   Int64,
    delay_p95_ns   Int64,
    delay_p99_ns   Int64,
    delay_max_ns   Int64,
    collector      LowCardinality(String)
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(minute)
ORDER BY (from_mirror, to_mirror, minute)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};

-- The same of one conversation between the two places of a pair.
CREATE TABLE IF NOT EXISTS {{table hops}} {{on cluster}}
(
    first_seen  DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    last_seen   DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    from_mirror LowCardinality(String),
    to_mirror   LowCardinality(String),
    sample      UInt32,
    clocks      Enum8('relative' = 0, 'common' = 1),
    client_ip   IPv6,
    server_ip   IPv6,
    client_port UInt16,
    server_port UInt16,
    protocol    UInt8,
    forward_matched UInt64,
    forward_lost UInt64,
    forward_unknown UInt64,
    forward_ambiguous UInt64,
    forward_unmatchable UInt64,
    forward_reordered UInt64,
    forward_delay_min_ns Int64,
    forward_delay_avg_ns Int64,
    forward_delay_max_ns Int64,
    reverse_matched UInt64,
    reverse_lost UInt64,
    reverse_unknown UInt64,
    reverse_ambiguous UInt64,
    reverse_unmatchable UInt64,
    reverse_reordered UInt64,
    reverse_delay_min_ns Int64,
    reverse_delay_avg_ns Int64,
    reverse_delay_max_ns Int64,
    collector   LowCardinality(String),

    INDEX addresses (client_ip, server_ip) TYPE bloom_filter(0.005) GRANULARITY 1,

    client String ALIAS if(startsWith(IPv6NumToString(client_ip), '::ffff:'),
        substring(IPv6NumToString(client_ip), 8), IPv6NumToString(client_ip)),
    server String ALIAS if(startsWith(IPv6NumToString(server_ip), '::ffff:'),
        substring(IPv6NumToString(server_ip), 8), IPv6NumToString(server_ip)),
    -- Community ID v1 as in sessions, of protocols with ports.
    community_id String ALIAS if(protocol NOT IN (6, 17, 132), '', concat('1:', base64Encode(SHA1(arrayMap(
        (c, s, cp, sp) -> concat(unhex('0000'), if(
            concat(c, cp) <= concat(s, sp),
            concat(c, s, char(protocol, 0), cp, sp),
            concat(s, c, char(protocol, 0), sp, cp))),
        [substring(
            reinterpretAsFixedString(client_ip),
            if(startsWith(IPv6NumToString(client_ip), '::ffff:')
                AND startsWith(IPv6NumToString(server_ip), '::ffff:'), 13, 1))],
        [substring(
            reinterpretAsFixedString(server_ip),
            if(startsWith(IPv6NumToString(client_ip), '::ffff:')
                AND startsWith(IPv6NumToString(server_ip), '::ffff:'), 13, 1))],
        [char(intDiv(client_port, 256), client_port % 256)],
        [char(intDiv(server_port, 256), server_port % 256)])[1]))))
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(last_seen)
ORDER BY (server_ip, client_ip, server_port, last_seen)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};
