-- Sessions rolled up to minutes: a session counts in the minute it was first seen.
CREATE TABLE IF NOT EXISTS {{table sessions_by_minute}} {{on cluster}}
(
    minute         DateTime('UTC'),
    mirror_type    LowCardinality(String),
    mirror_source  IPv6,
    mirror_session UInt16,
    client_ip      IPv6,
    server_ip      IPv6,
    server_port    UInt16,
    protocol       UInt8,
    sessions       UInt64 CODEC(T64, ZSTD(1)),
    client_packets UInt64 CODEC(T64, ZSTD(1)),
    server_packets UInt64 CODEC(T64, ZSTD(1)),
    client_bytes   UInt64 CODEC(T64, ZSTD(1)),
    server_bytes   UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{engine SummingMergeTree((sessions, client_packets, server_packets, client_bytes, server_bytes))}}
PARTITION BY toDate(minute)
ORDER BY (minute, mirror_source, mirror_session, mirror_type, server_ip, server_port, protocol, client_ip)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{table sessions_by_minute_view}} {{on cluster}} TO {{table sessions_by_minute}} AS
SELECT
    toStartOfMinute(first_seen) AS minute,
    mirror_type,
    mirror_source,
    mirror_session,
    client_ip,
    server_ip,
    server_port,
    protocol,
    1 AS sessions,
    client_packets,
    server_packets,
    client_bytes,
    server_bytes
FROM {{table sessions}};
