-- Roll-ups of sessions, filled as these are inserted: docs/explanation/tables.md says which question each
-- answers, and why they are as they are. A row of sessions counts in the minute and the hour of its
-- first_seen.
--
-- sessions_by_minute rolled up nearly nothing: its name stays, as a view.
DROP VIEW IF EXISTS {{table sessions_by_minute_view}} {{on cluster}};
DROP TABLE IF EXISTS {{table sessions_by_minute}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{table sessions_by_minute}} {{on cluster}} AS
SELECT
    toStartOfMinute(first_seen) AS minute, mirror_type, mirror_source, mirror_session,
    client_ip, server_ip, server_port, protocol, toUInt64(1) AS sessions,
    client_packets, server_packets, client_bytes, server_bytes
FROM {{table sessions}};

-- `copy` is 255 while sessions do not say which mirror point had a conversation first.
-- The views group: the token of an insert, not its rows, is what the tables recognise it by.
CREATE TABLE IF NOT EXISTS {{table traffic_by_minute}} {{on cluster}}
(
    minute             DateTime('UTC'),
    copy               UInt8,
    mirror_type        LowCardinality(String),
    mirror_source      IPv6,
    mirror_session     UInt16,
    gre_key            Nullable(UInt32),
    transport          LowCardinality(String),
    app_protocol       LowCardinality(String),
    tcp_state          LowCardinality(String),
    sessions           UInt64 CODEC(T64, ZSTD(1)),
    client_packets     UInt64 CODEC(T64, ZSTD(1)),
    server_packets     UInt64 CODEC(T64, ZSTD(1)),
    client_bytes       UInt64 CODEC(T64, ZSTD(1)),
    server_bytes       UInt64 CODEC(T64, ZSTD(1)),
    client_retransmits UInt64 CODEC(T64, ZSTD(1)),
    server_retransmits UInt64 CODEC(T64, ZSTD(1)),
    handshakes         UInt64 CODEC(T64, ZSTD(1)),
    handshake_us       UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{engine SummingMergeTree}}
PARTITION BY toDate(minute)
ORDER BY
    (minute, copy, mirror_source, mirror_session, mirror_type, gre_key, transport, app_protocol, tcp_state)
SETTINGS ttl_only_drop_parts = 1, allow_nullable_key = 1, default_compression_codec = 'ZSTD(1)',
    {{deduplication}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{table traffic_by_minute_view}} {{on cluster}}
TO {{table traffic_by_minute}} AS
SELECT
    toStartOfMinute(s.first_seen) AS minute, toUInt8(255) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.transport AS transport, s.app_protocol AS app_protocol, s.tcp_state AS tcp_state,
    count() AS sessions,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes,
    sum(s.client_retransmits) AS client_retransmits, sum(s.server_retransmits) AS server_retransmits,
    countIf(s.handshake_us > 0) AS handshakes, sum(s.handshake_us) AS handshake_us
FROM {{table sessions}} AS s
GROUP BY minute, mirror_type, mirror_source, mirror_session, gre_key, transport, app_protocol, tcp_state;

CREATE TABLE IF NOT EXISTS {{table clients_by_hour}} {{on cluster}}
(
    hour           DateTime('UTC'),
    copy           UInt8,
    mirror_type    LowCardinality(String),
    mirror_source  IPv6,
    mirror_session UInt16,
    gre_key        Nullable(UInt32),
    client_ip      IPv6,
    sessions       UInt64 CODEC(T64, ZSTD(1)),
    failed         UInt64 CODEC(T64, ZSTD(1)),
    client_packets UInt64 CODEC(T64, ZSTD(1)),
    server_packets UInt64 CODEC(T64, ZSTD(1)),
    client_bytes   UInt64 CODEC(T64, ZSTD(1)),
    server_bytes   UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{engine SummingMergeTree}}
PARTITION BY toDate(hour)
ORDER BY (client_ip, hour, copy, mirror_source, mirror_session, mirror_type, gre_key)
SETTINGS ttl_only_drop_parts = 1, allow_nullable_key = 1, default_compression_codec = 'ZSTD(1)',
    {{deduplication}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{table clients_by_hour_view}} {{on cluster}}
TO {{table clients_by_hour}} AS
SELECT
    toStartOfHour(s.first_seen) AS hour, toUInt8(255) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.client_ip AS client_ip,
    count() AS sessions, countIf(s.tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH')) AS failed,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes
FROM {{table sessions}} AS s
GROUP BY hour, mirror_type, mirror_source, mirror_session, gre_key, client_ip;

-- A bucket of a time is round(4 * log2(microseconds)): right to 9 %. An hour's row keeps those of its first
-- 65,536 conversations, so that its size has a bound.
CREATE TABLE IF NOT EXISTS {{table services_by_hour}} {{on cluster}}
(
    hour               DateTime('UTC'),
    copy               UInt8,
    mirror_type        LowCardinality(String),
    mirror_source      IPv6,
    mirror_session     UInt16,
    gre_key            Nullable(UInt32),
    server_ip          IPv6,
    server_port        UInt16,
    protocol           UInt8,
    app_protocol       SimpleAggregateFunction(max, LowCardinality(String)),
    sessions           SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    unanswered         SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    refused            SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    reset              SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    client_packets     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_packets     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    client_bytes       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_bytes       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    client_retransmits SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_retransmits SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    handshakes         SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    handshake_us       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    handshake_buckets  SimpleAggregateFunction(groupArrayArray(65536), Array(UInt8)),
    responses          SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    response_us        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    response_us_max    SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1)),
    response_buckets   SimpleAggregateFunction(groupArrayArray(65536), Array(UInt8)),
    client_rtts        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    client_rtt_us      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_rtts        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_rtt_us      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(hour)
ORDER BY (server_ip, server_port, protocol, hour, copy, mirror_source, mirror_session, mirror_type, gre_key)
SETTINGS ttl_only_drop_parts = 1, allow_nullable_key = 1, default_compression_codec = 'ZSTD(1)',
    {{deduplication}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{table services_by_hour_view}} {{on cluster}}
TO {{table services_by_hour}} AS
SELECT
    toStartOfHour(s.first_seen) AS hour, toUInt8(255) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.server_ip AS server_ip, s.server_port AS server_port, s.protocol AS protocol,
    max(s.app_protocol) AS app_protocol,
    count() AS sessions,
    countIf(s.tcp_state IN ('S0', 'RSTOS0')) AS unanswered,
    countIf(s.tcp_state IN ('REJ', 'RSTRH')) AS refused,
    countIf(s.tcp_state IN ('RSTO', 'RSTR')) AS reset,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes,
    sum(s.client_retransmits) AS client_retransmits, sum(s.server_retransmits) AS server_retransmits,
    countIf(s.handshake_us > 0) AS handshakes, sum(s.handshake_us) AS handshake_us,
    groupArrayIf(65536)(toUInt8(round(4 * log2(greatest(1, s.handshake_us)))), s.handshake_us > 0)
        AS handshake_buckets,
    sum(s.responses) AS responses, sum(s.response_us) AS response_us,
    max(s.response_us_max) AS response_us_max,
    groupArrayIf(65536)(
        toUInt8(least(255, round(4 * log2(greatest(1, s.response_us / greatest(1, s.responses)))))),
        s.responses > 0) AS response_buckets,
    countIf(s.client_rtt_us > 0) AS client_rtts, sum(s.client_rtt_us) AS client_rtt_us,
    countIf(s.server_rtt_us > 0) AS server_rtts, sum(s.server_rtt_us) AS server_rtt_us
FROM {{table sessions}} AS s
GROUP BY hour, mirror_type, mirror_source, mirror_session, gre_key, server_ip, server_port, protocol;

-- Both ends of each conversation: what an address did as a client, and as a server.
CREATE VIEW IF NOT EXISTS {{table hosts_by_hour}} {{on cluster}} AS
SELECT
    hour, copy, mirror_type, mirror_source, mirror_session, gre_key, client_ip AS host,
    sessions AS client_sessions, toUInt64(0) AS server_sessions,
    failed AS client_failed, toUInt64(0) AS server_failed,
    client_packets AS packets_sent, server_packets AS packets_received,
    client_bytes AS bytes_sent, server_bytes AS bytes_received
FROM {{table clients_by_hour}}
UNION ALL
SELECT
    hour, copy, mirror_type, mirror_source, mirror_session, gre_key, server_ip AS host,
    toUInt64(0) AS client_sessions, toUInt64(sessions) AS server_sessions,
    toUInt64(0) AS client_failed, toUInt64(unanswered + refused) AS server_failed,
    toUInt64(server_packets) AS packets_sent, toUInt64(client_packets) AS packets_received,
    toUInt64(server_bytes) AS bytes_sent, toUInt64(client_bytes) AS bytes_received
FROM {{table services_by_hour}};
