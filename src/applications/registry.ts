/**
 * All applications, in the order in which a message is held against them: those whose first bytes leave no
 * doubt before those that have little to tell them by.
 */
import { AMQP } from './amqp/application.js';
import { BACNET } from './bacnet/application.js';
import { BFD } from './bfd/application.js';
import { BGP } from './bgp/application.js';
import { DCERPC } from './dcerpc/application.js';
import { DHCP } from './dhcp/application.js';
import { DHCP6 } from './dhcp6/application.js';
import { DNP3 } from './dnp3/application.js';
import { DNS } from './dns/application.js';
import { DTLS } from './dtls/application.js';
import { ENIP } from './enip/application.js';
import { FTP } from './ftp/application.js';
import { HSRP } from './hsrp/application.js';
import { HTTP } from './http/application.js';
import { HTTP2 } from './http2/application.js';
import { IEC104 } from './iec104/application.js';
import { IKE } from './ike/application.js';
import { IMAP } from './imap/application.js';
import { IPFIX } from './ipfix/application.js';
import { KAFKA } from './kafka/application.js';
import { KERBEROS } from './kerberos/application.js';
import { LDAP } from './ldap/application.js';
import { LLMNR } from './llmnr/application.js';
import { MDNS } from './mdns/application.js';
import { MEMCACHED } from './memcached/application.js';
import { MODBUS } from './modbus/application.js';
import { MQTT } from './mqtt/application.js';
import { MYSQL } from './mysql/application.js';
import { NETBIOS } from './netbios/application.js';
import { NETFLOW } from './netflow/application.js';
import { NTP } from './ntp/application.js';
import { OPENVPN } from './openvpn/application.js';
import { POP3 } from './pop3/application.js';
import { POSTGRESQL } from './postgresql/application.js';
import { QUIC } from './quic/application.js';
import { RADIUS } from './radius/application.js';
import { RDP } from './rdp/application.js';
import type { Application } from './reader.js';
import { REDIS } from './redis/application.js';
import { RIP } from './rip/application.js';
import { RTCP } from './rtcp/application.js';
import { RTP } from './rtp/application.js';
import { RTSP } from './rtsp/application.js';
import { S7COMM } from './s7comm/application.js';
import { SFLOW } from './sflow/application.js';
import { SIP } from './sip/application.js';
import { SMB } from './smb/application.js';
import { SMTP } from './smtp/application.js';
import { SNMP } from './snmp/application.js';
import { SOCKS } from './socks/application.js';
import { SSDP } from './ssdp/application.js';
import { SSH } from './ssh/application.js';
import { STUN } from './stun/application.js';
import { SYSLOG } from './syslog/application.js';
import { TDS } from './tds/application.js';
import { TELNET } from './telnet/application.js';
import { TFTP } from './tftp/application.js';
import { TLS } from './tls/application.js';
import { VRRP } from './vrrp/application.js';
import { VXLAN } from './vxlan/application.js';
import { WIREGUARD } from './wireguard/application.js';
import { XMPP } from './xmpp/application.js';

export const APPLICATIONS: readonly Application[] = [
  HTTP2,
  HTTP,
  RTSP,
  SIP,
  SSH,
  REDIS,
  SMTP,
  FTP,
  POP3,
  IMAP,
  XMPP,
  MEMCACHED,
  TLS,
  SMB,
  BGP,
  RDP,
  S7COMM,
  POSTGRESQL,
  TDS,
  MQTT,
  AMQP,
  DCERPC,
  MYSQL,
  DNS,
  MDNS,
  LLMNR,
  LDAP,
  KERBEROS,
  TELNET,
  SOCKS,
  MODBUS,
  DNP3,
  IEC104,
  BACNET,
  ENIP,
  KAFKA,
  NETBIOS,
  DHCP,
  DHCP6,
  TFTP,
  NTP,
  SNMP,
  SYSLOG,
  RADIUS,
  SSDP,
  STUN,
  QUIC,
  DTLS,
  WIREGUARD,
  OPENVPN,
  IKE,
  BFD,
  HSRP,
  VRRP,
  NETFLOW,
  IPFIX,
  SFLOW,
  VXLAN,
  RIP,
  RTCP,
  RTP,
];
