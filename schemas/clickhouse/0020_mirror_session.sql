-- A mirror's session has 32 bits: the network id of VXLAN and GENEVE takes 24. And the sensor that TZSP says.
-- A single server rewrites the columns while it goes on; a cluster's nodes must agree on the types first.
ALTER TABLE {{table sessions}} {{on cluster}}
    MODIFY COLUMN mirror_session UInt32,
    ADD COLUMN IF NOT EXISTS mirror_sensor LowCardinality(String) AFTER security_group
    {{in background}};
ALTER TABLE {{table packets}} {{on cluster}}
    MODIFY COLUMN mirror_session UInt32,
    ADD COLUMN IF NOT EXISTS mirror_sensor LowCardinality(String) AFTER security_group
    {{in background}};

-- ClickHouse changes no column of a sorting key: tables that have it there are made anew, with the rows that
-- they had. What {{anew }} stands for is in src/store/anew.ts.

CREATE TABLE IF NOT EXISTS {{anew mirrors}} {{on cluster}}
(
    minute         DateTime('UTC'),
    mirror_type    LowCardinality(String),
    mirror_source  IPv6,
    mirror_target  IPv6,
    mirror_session UInt32,
    mirror_name    LowCardinality(String),
    site           LowCardinality(String),
    gre_key        Nullable(UInt32),
    packets        UInt64,
    bytes          UInt64,
    sequence       Enum8('none' = 0, 'session' = 1, 'hardware' = 2, 'direction' = 3, 'hardware_direction' = 4,
        'unusable' = 5, 'source' = 6),
    lost           UInt64,
    late           UInt64,
    reordered      UInt64,
    repeated       UInt64,
    truncated      UInt64,
    incomplete     UInt64,
    malformed      UInt64,
    kernel_drops   UInt64,
    clock          LowCardinality(String),
    clock_kind     Enum8('arrival' = 0, 'fitted' = 1, 'absolute' = 2),
    clock_offset_ns Int64,
    clock_drift_ppb Int64,
    clock_delay_ns Int64,
    clock_jitter_ns UInt64,
    clock_disbelieved UInt64,
    clock_jumps    UInt64,
    collector      LowCardinality(String)
)
ENGINE = {{engine MergeTree}}
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, mirror_source, mirror_session)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};

-- The views that fill the roll-ups, and those that read them, as they were: see 0015 and 0016.
DROP VIEW IF EXISTS {{table traffic_by_minute_view}} {{on cluster}};
CREATE TABLE IF NOT EXISTS {{anew traffic_by_minute}} {{on cluster}}
(
    minute             DateTime('UTC'),
    copy               UInt8,
    mirror_type        LowCardinality(String),
    mirror_source      IPv6,
    mirror_session     UInt32,
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
    toStartOfMinute(s.first_seen) AS minute,
    toUInt8(if(s.copy = 255, 255, least(s.copy, 1))) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.transport AS transport, s.app_protocol AS app_protocol, s.tcp_state AS tcp_state,
    count() AS sessions,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes,
    sum(s.client_retransmits) AS client_retransmits, sum(s.server_retransmits) AS server_retransmits,
    countIf(s.handshake_us > 0) AS handshakes, sum(s.handshake_us) AS handshake_us
FROM {{table sessions}} AS s
GROUP BY
    minute, copy, mirror_type, mirror_source, mirror_session, gre_key, transport, app_protocol, tcp_state;

DROP VIEW IF EXISTS {{table clients_by_hour_view}} {{on cluster}};
CREATE TABLE IF NOT EXISTS {{anew clients_by_hour}} {{on cluster}}
(
    hour           DateTime('UTC'),
    copy           UInt8,
    mirror_type    LowCardinality(String),
    mirror_source  IPv6,
    mirror_session UInt32,
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
    toStartOfHour(s.first_seen) AS hour,
    toUInt8(if(s.copy = 255, 255, least(s.copy, 1))) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.client_ip AS client_ip,
    count() AS sessions, countIf(s.tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH')) AS failed,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes
FROM {{table sessions}} AS s
GROUP BY hour, copy, mirror_type, mirror_source, mirror_session, gre_key, client_ip;

DROP VIEW IF EXISTS {{table services_by_hour_view}} {{on cluster}};
CREATE TABLE IF NOT EXISTS {{anew services_by_hour}} {{on cluster}}
(
    hour               DateTime('UTC'),
    copy               UInt8,
    mirror_type        LowCardinality(String),
    mirror_source      IPv6,
    mirror_session     UInt32,
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
    toStartOfHour(s.first_seen) AS hour,
    toUInt8(if(s.copy = 255, 255, least(s.copy, 1))) AS copy,
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
GROUP BY hour, copy, mirror_type, mirror_source, mirror_session, gre_key, server_ip, server_port, protocol;

DROP VIEW IF EXISTS {{table sessions_by_minute}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{table sessions_by_minute}} {{on cluster}} AS
SELECT
    toStartOfMinute(first_seen) AS minute, copy, mirror_type, mirror_source, mirror_session,
    client_ip, server_ip, server_port, protocol, toUInt64(1) AS sessions,
    client_packets, server_packets, client_bytes, server_bytes
FROM {{table sessions}};

DROP VIEW IF EXISTS {{table hosts_by_hour}} {{on cluster}};
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

-- The view of whole conversations again, with the new column: see 0017.
DROP VIEW IF EXISTS {{table conversations}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{table conversations}} {{on cluster}} AS
SELECT
    session_id, toUInt32(1) AS parts, toUInt8(1) AS complete, copy, first_seen, last_seen,
    end_reason,
    mirror_type, mirror_source, mirror_target, mirror_session, mirror_name, site, seen_by,
    mirror_port, mirror_direction, mirror_hardware,
    security_group, mirror_sensor, gre_key, vlan_ids, vni, cos, client_mac, server_mac, ether_type,
    client_ip, server_ip, client_port, server_port, protocol, transport,
    client_packets, server_packets, client_bytes, server_bytes, client_payload, server_payload,
    client_tcp_flags, server_tcp_flags, tcp_state, handshake_us,
    client_rtt_us, server_rtt_us, toUInt64(responses) AS responses, response_us, response_us_max,
    toUInt64(client_retransmits) AS client_retransmits, toUInt64(server_retransmits) AS server_retransmits,
    toUInt64(client_syn_retransmits) AS client_syn_retransmits,
    toUInt64(server_syn_retransmits) AS server_syn_retransmits,
    toUInt64(client_reordered) AS client_reordered, toUInt64(server_reordered) AS server_reordered,
    client_missing, server_missing,
    toUInt64(client_zero_windows) AS client_zero_windows,
    toUInt64(server_zero_windows) AS server_zero_windows,
    client_syn, server_syn, history,
    icmp_type, icmp_code, client_ttl, server_ttl, dscp,
    toUInt64(fragments) AS fragments, toUInt64(truncated) AS truncated, toUInt64(duplicates) AS duplicates,
    app_protocol, server_name, alpn, alpn_chosen, tls_version, tls_cipher, tls_ech, tls_resumed,
    tls_established, tls_alert, tls_us, quic_version, ja4, hassh, hassh_server, client_software,
    server_software, user_name, partial, collector, client, server, community_id
FROM {{table sessions}}
WHERE part = 0 AND end_reason != 'active'
UNION ALL
-- What is not added up goes on from part to part, so the last one says it. A late SYN may have shown that
-- the client is the other side: so both sides are added up in an order of their own, a and b, and named as
-- the last part names them.
SELECT
    session_id, parts, complete, copy, first_seen, last_seen, end_reason,
    mirror_type, mirror_source, mirror_target, mirror_session, mirror_name, site, seen_by,
    mirror_port, mirror_direction, mirror_hardware,
    security_group, mirror_sensor, gre_key, vlan_ids, vni, cos, client_mac, server_mac, ether_type,
    client_ip, server_ip, client_port, server_port, protocol, transport,
    if(client_is_a, a_packets, b_packets) AS client_packets,
    if(client_is_a, b_packets, a_packets) AS server_packets,
    if(client_is_a, a_bytes, b_bytes) AS client_bytes,
    if(client_is_a, b_bytes, a_bytes) AS server_bytes,
    if(client_is_a, a_payload, b_payload) AS client_payload,
    if(client_is_a, b_payload, a_payload) AS server_payload,
    if(client_is_a, a_tcp_flags, b_tcp_flags) AS client_tcp_flags,
    if(client_is_a, b_tcp_flags, a_tcp_flags) AS server_tcp_flags,
    tcp_state, handshake_us,
    if(client_is_a, a_rtt_us, b_rtt_us) AS client_rtt_us,
    if(client_is_a, b_rtt_us, a_rtt_us) AS server_rtt_us,
    responses, response_us, response_us_max,
    if(client_is_a, a_retransmits, b_retransmits) AS client_retransmits,
    if(client_is_a, b_retransmits, a_retransmits) AS server_retransmits,
    if(client_is_a, a_syn_retransmits, b_syn_retransmits) AS client_syn_retransmits,
    if(client_is_a, b_syn_retransmits, a_syn_retransmits) AS server_syn_retransmits,
    if(client_is_a, a_reordered, b_reordered) AS client_reordered,
    if(client_is_a, b_reordered, a_reordered) AS server_reordered,
    if(client_is_a, a_missing, b_missing) AS client_missing,
    if(client_is_a, b_missing, a_missing) AS server_missing,
    if(client_is_a, a_zero_windows, b_zero_windows) AS client_zero_windows,
    if(client_is_a, b_zero_windows, a_zero_windows) AS server_zero_windows,
    client_syn, server_syn, history,
    icmp_type, icmp_code, client_ttl, server_ttl, dscp, fragments, truncated, duplicates,
    app_protocol, server_name, alpn, alpn_chosen, tls_version, tls_cipher, tls_ech, tls_resumed,
    tls_established, tls_alert, tls_us, quic_version, ja4, hassh, hassh_server, client_software,
    server_software, user_name, partial, collector, client, server, community_id
FROM
(
    WITH (s.client_ip, s.client_port, s.client_mac) <= (s.server_ip, s.server_port, s.server_mac) AS of_a
    SELECT
        s.session_id AS session_id,
        toUInt32(count()) AS parts,
        toUInt8(count() = max(s.part) + 1) AS complete,
        argMin(s.copy, s.part) AS copy,
        min(s.first_seen) AS first_seen,
        max(s.last_seen) AS last_seen,
        argMax(s.end_reason, s.part) AS end_reason,
        toLowCardinality(argMax(s.mirror_type, s.part)) AS mirror_type,
        argMax(s.mirror_source, s.part) AS mirror_source,
        argMax(s.mirror_target, s.part) AS mirror_target,
        argMax(s.mirror_session, s.part) AS mirror_session,
        toLowCardinality(argMax(s.mirror_name, s.part)) AS mirror_name,
        toLowCardinality(argMax(s.site, s.part)) AS site,
        CAST(arraySort(groupUniqArrayArray(s.seen_by)) AS Array(LowCardinality(String))) AS seen_by,
        argMax(s.mirror_port, s.part) AS mirror_port,
        CAST(
            groupBitOr(toUInt8(s.mirror_direction))
            AS Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2, 'both' = 3)) AS mirror_direction,
        argMax(s.mirror_hardware, s.part) AS mirror_hardware,
        argMax(s.security_group, s.part) AS security_group,
        toLowCardinality(argMax(s.mirror_sensor, s.part)) AS mirror_sensor,
        argMax(s.gre_key, s.part) AS gre_key,
        argMax(s.vlan_ids, s.part) AS vlan_ids,
        argMax(s.vni, s.part) AS vni,
        argMax(s.cos, s.part) AS cos,
        toLowCardinality(argMax(s.client_mac, s.part)) AS client_mac,
        toLowCardinality(argMax(s.server_mac, s.part)) AS server_mac,
        argMax(s.ether_type, s.part) AS ether_type,
        argMax(s.client_ip, s.part) AS client_ip,
        argMax(s.server_ip, s.part) AS server_ip,
        argMax(s.client_port, s.part) AS client_port,
        argMax(s.server_port, s.part) AS server_port,
        argMax(s.protocol, s.part) AS protocol,
        toLowCardinality(argMax(s.transport, s.part)) AS transport,
        argMax(of_a, s.part) AS client_is_a,
        sum(if(of_a, s.client_packets, s.server_packets)) AS a_packets,
        sum(if(of_a, s.server_packets, s.client_packets)) AS b_packets,
        sum(if(of_a, s.client_bytes, s.server_bytes)) AS a_bytes,
        sum(if(of_a, s.server_bytes, s.client_bytes)) AS b_bytes,
        sum(if(of_a, s.client_payload, s.server_payload)) AS a_payload,
        sum(if(of_a, s.server_payload, s.client_payload)) AS b_payload,
        sum(if(of_a, s.client_retransmits, s.server_retransmits)) AS a_retransmits,
        sum(if(of_a, s.server_retransmits, s.client_retransmits)) AS b_retransmits,
        sum(if(of_a, s.client_syn_retransmits, s.server_syn_retransmits)) AS a_syn_retransmits,
        sum(if(of_a, s.server_syn_retransmits, s.client_syn_retransmits)) AS b_syn_retransmits,
        sum(if(of_a, s.client_reordered, s.server_reordered)) AS a_reordered,
        sum(if(of_a, s.server_reordered, s.client_reordered)) AS b_reordered,
        sum(if(of_a, s.client_missing, s.server_missing)) AS a_missing,
        sum(if(of_a, s.server_missing, s.client_missing)) AS b_missing,
        sum(if(of_a, s.client_zero_windows, s.server_zero_windows)) AS a_zero_windows,
        sum(if(of_a, s.server_zero_windows, s.client_zero_windows)) AS b_zero_windows,
        groupBitOr(if(of_a, s.client_tcp_flags, s.server_tcp_flags)) AS a_tcp_flags,
        groupBitOr(if(of_a, s.server_tcp_flags, s.client_tcp_flags)) AS b_tcp_flags,
        toLowCardinality(argMax(s.tcp_state, s.part)) AS tcp_state,
        argMax(s.handshake_us, s.part) AS handshake_us,
        -- 0 is no round trip at all. minIf is 0 where there is none.
        minIf(if(of_a, s.client_rtt_us, s.server_rtt_us) AS rtt_of_a, rtt_of_a > 0) AS a_rtt_us,
        minIf(if(of_a, s.server_rtt_us, s.client_rtt_us) AS rtt_of_b, rtt_of_b > 0) AS b_rtt_us,
        sum(s.responses) AS responses,
        sum(s.response_us) AS response_us,
        max(s.response_us_max) AS response_us_max,
        toLowCardinality(argMax(s.client_syn, s.part)) AS client_syn,
        toLowCardinality(argMax(s.server_syn, s.part)) AS server_syn,
        toLowCardinality(argMax(s.history, s.part)) AS history,
        argMax(s.icmp_type, s.part) AS icmp_type,
        argMax(s.icmp_code, s.part) AS icmp_code,
        argMax(s.client_ttl, s.part) AS client_ttl,
        argMax(s.server_ttl, s.part) AS server_ttl,
        argMax(s.dscp, s.part) AS dscp,
        sum(s.fragments) AS fragments,
        sum(s.truncated) AS truncated,
        sum(s.duplicates) AS duplicates,
        toLowCardinality(argMax(s.app_protocol, s.part)) AS app_protocol,
        -- First messages are in the first part, whose words the others mostly repeat.
        argMaxIf(s.server_name, s.part, s.server_name != '') AS server_name,
        toLowCardinality(argMaxIf(s.alpn, s.part, s.alpn != '')) AS alpn,
        toLowCardinality(argMaxIf(s.alpn_chosen, s.part, s.alpn_chosen != '')) AS alpn_chosen,
        toLowCardinality(argMaxIf(s.tls_version, s.part, s.tls_version != '')) AS tls_version,
        toLowCardinality(argMaxIf(s.tls_cipher, s.part, s.tls_cipher != '')) AS tls_cipher,
        max(s.tls_ech) AS tls_ech,
        max(s.tls_resumed) AS tls_resumed,
        max(s.tls_established) AS tls_established,
        toLowCardinality(argMaxIf(s.tls_alert, s.part, s.tls_alert != '')) AS tls_alert,
        max(s.tls_us) AS tls_us,
        toLowCardinality(argMaxIf(s.quic_version, s.part, s.quic_version != '')) AS quic_version,
        toLowCardinality(argMaxIf(s.ja4, s.part, s.ja4 != '')) AS ja4,
        toLowCardinality(argMaxIf(s.hassh, s.part, s.hassh != '')) AS hassh,
        toLowCardinality(argMaxIf(s.hassh_server, s.part, s.hassh_server != '')) AS hassh_server,
        toLowCardinality(argMaxIf(s.client_software, s.part, s.client_software != '')) AS client_software,
        toLowCardinality(argMaxIf(s.server_software, s.part, s.server_software != '')) AS server_software,
        toLowCardinality(argMaxIf(s.user_name, s.part, s.user_name != '')) AS user_name,
        toLowCardinality(argMinIf(s.partial, s.part, s.partial != '')) AS partial,
        toLowCardinality(argMax(s.collector, s.part)) AS collector,
        argMax(s.client, s.part) AS client,
        argMax(s.server, s.part) AS server,
        argMax(s.community_id, s.part) AS community_id
    FROM {{table sessions}} AS s
    WHERE s.part > 0 OR s.end_reason = 'active'
    GROUP BY s.session_id
);

DROP VIEW IF EXISTS {{view tls}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{view tls}} {{on cluster}} AS
SELECT
    session_id, copy, first_seen AS time, client, server, client_ip, server_ip, client_port, server_port,
    transport,
    app_protocol, server_name, tls_version, tls_version AS version, tls_cipher, tls_cipher AS cipher, alpn,
    alpn_chosen, alpn_chosen AS next_protocol, tls_resumed, tls_resumed AS resumed,
    tls_established, tls_established AS established, tls_ech, tls_ech AS ech,
    tls_alert, tls_alert AS last_alert,
    tls_us, quic_version, ja4, partial, client_bytes, server_bytes, community_id,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view sessions}}
WHERE part = 0 AND (tls_version != '' OR ja4 != '' OR server_name != '');
