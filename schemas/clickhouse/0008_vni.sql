-- The overlay network (VXLAN, GENEVE) of a conversation and of a frame: tenants' addresses overlap.
ALTER TABLE {{table sessions}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS vni Nullable(UInt32) AFTER vlan_ids;
ALTER TABLE {{table packets}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS vni Nullable(UInt32) AFTER vlan;

-- The view of whole conversations again, with the new column: see 0007.
DROP VIEW IF EXISTS {{table conversations}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{table conversations}} {{on cluster}} AS
SELECT
    session_id, toUInt32(1) AS parts, toUInt8(1) AS complete, first_seen, last_seen, end_reason,
    mirror_type, mirror_source, mirror_target, mirror_session, mirror_port, mirror_direction, mirror_hardware,
    security_group, gre_key, vlan_ids, vni, cos, client_mac, server_mac, ether_type,
    client_ip, server_ip, client_port, server_port, protocol, transport,
    client_packets, server_packets, client_bytes, server_bytes, client_payload, server_payload,
    client_tcp_flags, server_tcp_flags, tcp_state, handshake_us,
    toUInt64(client_retransmits) AS client_retransmits, toUInt64(server_retransmits) AS server_retransmits,
    icmp_type, icmp_code, client_ttl, server_ttl, dscp,
    toUInt64(fragments) AS fragments, toUInt64(truncated) AS truncated, toUInt64(duplicates) AS duplicates,
    app_protocol, collector, client, server, community_id
FROM {{table sessions}}
WHERE part = 0 AND end_reason != 'active'
UNION ALL
-- What is not added up goes on from part to part, so the last one says it. A late SYN may have shown that
-- the client is the other side: so both sides are added up in an order of their own, a and b, and named as
-- the last part names them.
SELECT
    session_id, parts, complete, first_seen, last_seen, end_reason,
    mirror_type, mirror_source, mirror_target, mirror_session, mirror_port, mirror_direction, mirror_hardware,
    security_group, gre_key, vlan_ids, vni, cos, client_mac, server_mac, ether_type,
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
    if(client_is_a, a_retransmits, b_retransmits) AS client_retransmits,
    if(client_is_a, b_retransmits, a_retransmits) AS server_retransmits,
    icmp_type, icmp_code, client_ttl, server_ttl, dscp, fragments, truncated, duplicates,
    app_protocol, collector, client, server, community_id
FROM
(
    WITH (s.client_ip, s.client_port, s.client_mac) <= (s.server_ip, s.server_port, s.server_mac) AS of_a
    SELECT
        s.session_id AS session_id,
        toUInt32(count()) AS parts,
        toUInt8(count() = max(s.part) + 1) AS complete,
        min(s.first_seen) AS first_seen,
        max(s.last_seen) AS last_seen,
        argMax(s.end_reason, s.part) AS end_reason,
        toLowCardinality(argMax(s.mirror_type, s.part)) AS mirror_type,
        argMax(s.mirror_source, s.part) AS mirror_source,
        argMax(s.mirror_target, s.part) AS mirror_target,
        argMax(s.mirror_session, s.part) AS mirror_session,
        argMax(s.mirror_port, s.part) AS mirror_port,
        CAST(
            groupBitOr(toUInt8(s.mirror_direction))
            AS Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2, 'both' = 3)) AS mirror_direction,
        argMax(s.mirror_hardware, s.part) AS mirror_hardware,
        argMax(s.security_group, s.part) AS security_group,
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
        groupBitOr(if(of_a, s.client_tcp_flags, s.server_tcp_flags)) AS a_tcp_flags,
        groupBitOr(if(of_a, s.server_tcp_flags, s.client_tcp_flags)) AS b_tcp_flags,
        toLowCardinality(argMax(s.tcp_state, s.part)) AS tcp_state,
        argMax(s.handshake_us, s.part) AS handshake_us,
        argMax(s.icmp_type, s.part) AS icmp_type,
        argMax(s.icmp_code, s.part) AS icmp_code,
        argMax(s.client_ttl, s.part) AS client_ttl,
        argMax(s.server_ttl, s.part) AS server_ttl,
        argMax(s.dscp, s.part) AS dscp,
        sum(s.fragments) AS fragments,
        sum(s.truncated) AS truncated,
        sum(s.duplicates) AS duplicates,
        toLowCardinality(argMax(s.app_protocol, s.part)) AS app_protocol,
        toLowCardinality(argMax(s.collector, s.part)) AS collector,
        argMax(s.client, s.part) AS client,
        argMax(s.server, s.part) AS server,
        argMax(s.community_id, s.part) AS community_id
    FROM {{table sessions}} AS s
    WHERE s.part > 0 OR s.end_reason = 'active'
    GROUP BY s.session_id
);
