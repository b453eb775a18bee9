-- The Community ID of IPv6 packets between ::ffff: addresses is of 16 bytes, as the packets' own are; and the type of an
-- ICMP message that answers another is the server's. (One to a group answers nobody: its sender is the client.)
ALTER TABLE {{table sessions}} {{on cluster}} MODIFY COLUMN
    -- Community ID v1 (github.com/corelight/community-id-spec): SHA-1 of both addresses (IPv4 in 4 bytes), the protocol
    -- and both ports, lower end first. ICMP's ports are its type and the type that answers it or, where none does,
    -- type and code as they are.
    community_id String ALIAS if(
        client_ip = toIPv6('::') AND server_ip = toIPv6('::'), '',
        concat('1:', base64Encode(SHA1(arrayMap(
            (c, s, cp, sp) -> concat(unhex('0000'), if(
                (protocol = 1 AND icmp_type NOT IN (0, 8, 9, 10, 13, 14, 15, 16, 17, 18))
                    OR (protocol = 58 AND icmp_type NOT IN (128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145))
                    OR concat(c, cp) <= concat(s, sp),
                concat(c, s, char(protocol, 0), cp, sp),
                concat(s, c, char(protocol, 0), sp, cp))),
            [substring(reinterpretAsFixedString(client_ip), if(ether_type = 2048, 13, 1))],
            [substring(reinterpretAsFixedString(server_ip), if(ether_type = 2048, 13, 1))],
            [multiIf(
                protocol IN (6, 17, 132), char(intDiv(client_port, 256), client_port % 256),
                protocol = 1, char(0, transform(icmp_type, [0, 14, 16, 18], [8, 13, 15, 17], icmp_type)),
                protocol = 58 AND startsWith(hex(reinterpretAsFixedString(server_ip)), 'FF'), char(0, icmp_type),
                protocol = 58, char(0, transform(icmp_type, [129, 134, 136, 140], [128, 133, 135, 139], icmp_type)), '')],
            [multiIf(
                protocol IN (6, 17, 132), char(intDiv(server_port, 256), server_port % 256),
                protocol = 1, char(0, transform(icmp_type, [0, 8, 9, 10, 13, 14, 15, 16, 17, 18], [0, 0, 10, 9, 14, 14, 16, 16, 18, 18], icmp_code)),
                protocol = 58 AND startsWith(hex(reinterpretAsFixedString(server_ip)), 'FF'), char(0, transform(icmp_type, [128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145], [129, 128, 131, 130, 134, 133, 136, 135, 140, 139, 145, 144], icmp_code)),
                protocol = 58, char(0, transform(icmp_type, [128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145], [129, 129, 131, 130, 134, 134, 136, 136, 140, 140, 145, 144], icmp_code)), '')])[1]))));
