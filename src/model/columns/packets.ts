import {
  BYTES,
  FIXED32,
  IP,
  NULLABLE_UINT16,
  NULLABLE_UINT32,
  type Table,
  TIME,
  UINT8,
  UINT16,
  UINT32,
  UUID,
} from './column.js';
import { LAYER, MIRROR_DIRECTION, MIRROR_TYPE } from './words.js';

export const PACKETS: Table = {
  name: 'packets',
  message: 'Packet',
  row: 'one mirrored frame of a session.',
  columns: [
    { name: 'session_id', field: 1, type: UUID, inPlace: true, doc: "The session's, in `sessions`." },
    { name: 'time', field: 2, type: TIME, codec: 'Delta, ZSTD(1)', doc: 'Time of the packet.' },
    {
      name: 'frame',
      field: 3,
      type: BYTES,
      codec: 'ZSTD(1)',
      doc: "The frame's bytes from its first header on, as many as are kept.",
    },
    {
      name: 'original_length',
      field: 4,
      type: UINT32,
      doc: 'Bytes the frame had before anything was cut off.',
    },
    { name: 'mirror_type', field: 5, type: MIRROR_TYPE, from: 'point.type', doc: 'As in `sessions`.' },
    {
      name: 'mirror_source',
      field: 6,
      type: IP,
      from: 'point.source',
      doc: 'As in `sessions`, of this frame.',
    },
    {
      name: 'mirror_target',
      field: 7,
      type: IP,
      from: 'point.target',
      doc: 'As in `sessions`, of this frame.',
    },
    {
      name: 'mirror_session',
      field: 8,
      type: UINT16,
      from: 'point.session',
      doc: 'As in `sessions`, of this frame.',
    },
    {
      name: 'gre_key',
      field: 9,
      type: NULLABLE_UINT32,
      from: 'point.key',
      doc: 'As in `sessions`, of this frame.',
    },
    { name: 'mirror_port', field: 10, type: UINT32, doc: 'As in `sessions`, of this frame.' },
    {
      name: 'mirror_direction',
      field: 11,
      type: MIRROR_DIRECTION,
      doc: '`unknown`, `ingress` or `egress`; never `both`.',
    },
    { name: 'mirror_hardware', field: 12, type: UINT8, doc: 'As in `sessions`, of this frame.' },
    { name: 'security_group', field: 13, type: UINT16, doc: 'As in `sessions`, of this frame.' },
    { name: 'cos', field: 14, type: UINT8, doc: 'As in `sessions`, of this frame.' },
    {
      name: 'vlan',
      field: 15,
      type: NULLABLE_UINT16,
      doc: 'The VLAN of a frame whose tag the switch removed; NULL for others.',
    },
    {
      name: 'vni',
      field: 20,
      type: NULLABLE_UINT32,
      doc: 'As in `sessions`, of this frame.',
    },
    {
      name: 'layer',
      field: 16,
      type: LAYER,
      doc: 'What the frame begins with: `ethernet`, `ipv4`, `ipv6`, `ppp`, `ieee80211`, or `other`.',
    },
    {
      name: 'gre_protocol',
      field: 17,
      type: UINT16,
      doc:
        'The same as a GRE protocol type, which tells `other` apart: 25944 Ethernet, 2048 IP, 34827 PPP, ' +
        '34887 MPLS, …; 8939 where ERSPAN gives a frame type that is not known; 0 in rows of an earlier ' +
        'version.',
    },
    {
      name: 'truncated',
      field: 18,
      type: UINT8,
      doc: '1 where the switch says that it cut the frame, else 0.',
    },
    {
      name: 'number',
      field: 19,
      type: FIXED32,
      codec: 'Delta, ZSTD(1)',
      inPlace: true,
      doc: "Which packet of the session's row it is, from 1; 0 in rows of an earlier version.",
    },
  ],
  derived: [],
};
