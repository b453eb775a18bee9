-- Networks, owners and names of addresses: docs/explanation/who-is-that-address.md.
ALTER TABLE {{table sessions}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS client_network LowCardinality(String) AFTER partial,
    ADD COLUMN IF NOT EXISTS server_network LowCardinality(String) AFTER client_network,
    ADD COLUMN IF NOT EXISTS client_role LowCardinality(String) AFTER server_network,
    ADD COLUMN IF NOT EXISTS server_role LowCardinality(String) AFTER client_role,
    ADD COLUMN IF NOT EXISTS client_site LowCardinality(String) AFTER server_role,
    ADD COLUMN IF NOT EXISTS server_site LowCardinality(String) AFTER client_site,
    ADD COLUMN IF NOT EXISTS client_asn UInt32 AFTER server_site,
    ADD COLUMN IF NOT EXISTS server_asn UInt32 AFTER client_asn,
    ADD COLUMN IF NOT EXISTS client_as_org LowCardinality(String) AFTER server_asn,
    ADD COLUMN IF NOT EXISTS server_as_org LowCardinality(String) AFTER client_as_org,
    ADD COLUMN IF NOT EXISTS client_country LowCardinality(String) AFTER server_as_org,
    ADD COLUMN IF NOT EXISTS server_country LowCardinality(String) AFTER client_country,
    ADD COLUMN IF NOT EXISTS policy LowCardinality(String) AFTER server_country;
ALTER TABLE {{table transactions}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS client_network LowCardinality(String) AFTER partial,
    ADD COLUMN IF NOT EXISTS server_network LowCardinality(String) AFTER client_network,
    ADD COLUMN IF NOT EXISTS client_role LowCardinality(String) AFTER server_network,
    ADD COLUMN IF NOT EXISTS server_role LowCardinality(String) AFTER client_role,
    ADD COLUMN IF NOT EXISTS client_site LowCardinality(String) AFTER server_role,
    ADD COLUMN IF NOT EXISTS server_site LowCardinality(String) AFTER client_site,
    ADD COLUMN IF NOT EXISTS client_asn UInt32 AFTER server_site,
    ADD COLUMN IF NOT EXISTS server_asn UInt32 AFTER client_asn,
    ADD COLUMN IF NOT EXISTS client_as_org LowCardinality(String) AFTER server_asn,
    ADD COLUMN IF NOT EXISTS server_as_org LowCardinality(String) AFTER client_as_org,
    ADD COLUMN IF NOT EXISTS client_country LowCardinality(String) AFTER server_as_org,
    ADD COLUMN IF NOT EXISTS server_country LowCardinality(String) AFTER client_country;

-- What addresses were called, a row per day, name and what said so; what several workers counted becomes one
-- row when parts are merged.
CREATE TABLE IF NOT EXISTS {{table names}} {{on cluster}}
(
    day        Date,
    address    IPv6,
    vni        Nullable(UInt32),
    name       String,
    source     LowCardinality(String),
    first_seen SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen  SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)),
    count      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),

    INDEX names (name) TYPE bloom_filter(0.01) GRANULARITY 1,

    host String ALIAS if(startsWith(IPv6NumToString(address), '::ffff:'),
        substring(IPv6NumToString(address), 8), IPv6NumToString(address))
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY day
ORDER BY (address, vni, source, name)
SETTINGS ttl_only_drop_parts = 1, allow_nullable_key = 1, default_compression_codec = 'ZSTD(1)',
    {{deduplication}};

-- Networks that were loaded, each load in a partition of its own.
CREATE TABLE IF NOT EXISTS {{table network_loads}} {{on cluster}}
(
    loaded      DateTime64(9, 'UTC'),
    networks    UInt32,
    address     IPv6,
    bits        UInt8,
    name        String,
    site        LowCardinality(String),
    role        LowCardinality(String),
    tenant      LowCardinality(String),
    vlan        Nullable(UInt16),
    vni         Nullable(UInt32),
    loaded_from LowCardinality(String),

    prefix String ALIAS if(bits >= 96 AND startsWith(IPv6NumToString(address), '::ffff:'),
        concat(substring(IPv6NumToString(address), 8), '/', toString(bits - 96)),
        concat(IPv6NumToString(address), '/', toString(bits)))
)
ENGINE = {{engine MergeTree}}
PARTITION BY loaded
ORDER BY (address, bits)
SETTINGS default_compression_codec = 'ZSTD(1)', {{deduplication}};

-- The view of whole conversations again, with the new columns: see 0020.
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
    server_software, user_name, partial,
    client_network, server_network, client_role, server_role, client_site, server_site,
    client_asn, server_asn, client_as_org, server_as_org, client_country, server_country, policy,
    collector, client, server, community_id
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
    server_software, user_name, partial,
    client_network, server_network, client_role, server_role, client_site, server_site,
    client_asn, server_asn, client_as_org, server_as_org, client_country, server_country, policy,
    collector, client, server, community_id
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
        toLowCardinality(argMax(s.client_network, s.part)) AS client_network,
        toLowCardinality(argMax(s.server_network, s.part)) AS server_network,
        toLowCardinality(argMax(s.client_role, s.part)) AS client_role,
        toLowCardinality(argMax(s.server_role, s.part)) AS server_role,
        toLowCardinality(argMax(s.client_site, s.part)) AS client_site,
        toLowCardinality(argMax(s.server_site, s.part)) AS server_site,
        argMax(s.client_asn, s.part) AS client_asn,
        argMax(s.server_asn, s.part) AS server_asn,
        toLowCardinality(argMax(s.client_as_org, s.part)) AS client_as_org,
        toLowCardinality(argMax(s.server_as_org, s.part)) AS server_as_org,
        toLowCardinality(argMax(s.client_country, s.part)) AS client_country,
        toLowCardinality(argMax(s.server_country, s.part)) AS server_country,
        toLowCardinality(argMax(s.policy, s.part)) AS policy,
        toLowCardinality(argMax(s.collector, s.part)) AS collector,
        argMax(s.client, s.part) AS client,
        argMax(s.server, s.part) AS server,
        argMax(s.community_id, s.part) AS community_id
    FROM {{table sessions}} AS s
    WHERE s.part > 0 OR s.end_reason = 'active'
    GROUP BY s.session_id
);

-- The views of TLS, DNS and HTTP again, with where both ends are: see 0016 and 0020.
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
    client_network, server_network, client_role, server_role, client_site, server_site,
    client_asn, server_asn, client_as_org, server_as_org, client_country, server_country,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view sessions}}
WHERE part = 0 AND (tls_version != '' OR ja4 != '' OR server_name != '');

DROP VIEW IF EXISTS {{view dns}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{view dns}} {{on cluster}} AS
SELECT
    session_id, number, copy, time, client, server, client_ip, server_ip, client_port, server_port, protocol,
    app_protocol, name AS query, domain, method AS qtype, qtype AS qtype_name, status AS rcode,
    rcode AS rcode_name, outcome, response_us,
    if(outcome IN ('unanswered', 'unasked'), NULL, response_us / 1e6) AS rtt,
    answers, ttl, attributes['cname'] AS cname, attributes, partial, community_id,
    client_network, server_network, client_role, server_role, client_site, server_site,
    client_asn, server_asn, client_as_org, server_as_org, client_country, server_country,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view transactions}}
WHERE app_protocol IN ('dns', 'mdns', 'llmnr');

DROP VIEW IF EXISTS {{view http}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{view http}} {{on cluster}} AS
SELECT
    session_id, number, copy, time, client, server, client_ip, server_ip, client_port, server_port,
    app_protocol,
    method, name AS host, resource AS path, path AS uri,
    toUInt16OrZero(CAST(transactions.status, 'String')) AS status_code, transactions.status AS status,
    outcome, response_us, transfer_us, request_bytes, request_bytes AS request_body_len,
    response_bytes, response_bytes AS response_body_len,
    attributes['user_agent'] AS user_agent, attributes['content_type'] AS content_type,
    attributes['referer'] AS referrer, attributes['x_forwarded_for'] AS x_forwarded_for,
    user_name, user_name AS username, attributes, partial, community_id,
    client_network, server_network, client_role, server_role, client_site, server_site,
    client_asn, server_asn, client_as_org, server_as_org, client_country, server_country,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view transactions}} AS transactions
WHERE app_protocol IN ('http', 'http2');

-- The networks that count: those of the newest load that is there whole.
CREATE VIEW IF NOT EXISTS {{view networks}} {{on cluster}} AS
SELECT prefix, name, site, role, tenant, vlan, vni, loaded, loaded_from, address, bits
FROM {{view network_loads}}
WHERE networks > 0 AND loaded =
(
    SELECT max(loaded)
    FROM
    (
        SELECT loaded FROM {{view network_loads}}
        GROUP BY loaded HAVING count() >= greatest(1, max(networks))
    )
);

-- What an address was called best, on each day on which it was called anything: of the names of that day and
-- the 29 before. What a person wrote down goes before what the host says of itself, and that before what
-- others call it. Of the same kind the later day wins, then, of what others call it, the more frequent name.
CREATE VIEW IF NOT EXISTS {{view address_names}} {{on cluster}} AS
SELECT
    day, address, vni, host, best.5 AS name, toLowCardinality(best.6) AS source, best.2 AS named,
    first_seen, last_seen, count, names
FROM
(
    SELECT
        day, address, vni, host, first_seen, last_seen, count, names,
        argMax(best_of_day, best_of_day) OVER
        (
            PARTITION BY address, vni
            ORDER BY toInt32(day) RANGE BETWEEN 29 PRECEDING AND CURRENT ROW
        ) AS best
    FROM
    (
        SELECT
            day, address, vni, any(called.host) AS host,
            argMax(called.weight, called.weight) AS best_of_day,
            min(called.first) AS first_seen, max(called.last) AS last_seen, sum(called.times) AS count,
            uniqExact(called.name) AS names
        FROM
        (
            SELECT
                day, address, vni, any(host) AS host, toString(name) AS name,
                CAST(min(first_seen) AS DateTime64(9, 'UTC')) AS first,
                CAST(max(last_seen) AS DateTime64(9, 'UTC')) AS last, sum(count) AS times,
                transform(source,
                    ['file', 'dhcp', 'mdns', 'llmnr', 'kerberos', 'ntlm', 'smb', 'tls', 'http', 'dns'],
                    [10, 9, 8, 7, 6, 6, 6, 3, 2, 1], 0) AS rank,
                (rank, day, if(rank >= 6, 0, times), last, name, toString(source)) AS weight
            FROM {{view names}}
            GROUP BY day, address, vni, name, source
        ) AS called
        GROUP BY day, address, vni
    )
);

-- Conversations that an entry of `policies` does not allow.
CREATE VIEW IF NOT EXISTS {{view policy_violations}} {{on cluster}} AS
SELECT
    policy, session_id, part, copy, first_seen, last_seen, client, server, client_ip, server_ip,
    client_port, server_port, protocol, transport, app_protocol, server_name, user_name, tcp_state,
    client_network, server_network, client_role, server_role, client_site, server_site,
    client_packets, server_packets, client_bytes, server_bytes, community_id,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view sessions}}
WHERE policy != '';
