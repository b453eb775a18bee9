import { INT64, IP, MINUTE, NULLABLE_UINT32, type Table, UINT32, UINT64, WORD } from './column.js';
import { CLOCK_KIND, MIRROR_TYPE, SEQUENCE } from './words.js';

export const MIRRORS: Table = {
  name: 'mirrors',
  message: 'Mirror',
  row: 'what one mirror point sent in one minute.',
  columns: [
    { name: 'minute', field: 1, type: MINUTE, doc: 'Start of the minute.' },
    { name: 'mirror_type', field: 2, type: MIRROR_TYPE, from: 'point.type', doc: 'As in `sessions`.' },
    { name: 'mirror_source', field: 3, type: IP, from: 'point.source', doc: 'As in `sessions`.' },
    { name: 'mirror_target', field: 4, type: IP, from: 'point.target', doc: 'As in `sessions`.' },
    { name: 'mirror_session', field: 5, type: UINT32, from: 'point.session', doc: 'As in `sessions`.' },
    {
      name: 'mirror_name',
      field: 17,
      type: WORD,
      from: 'point.name',
      doc: 'As in `sessions`.',
    },
    {
      name: 'site',
      field: 18,
      type: WORD,
      from: 'point.site',
      doc: 'As in `sessions`.',
    },
    { name: 'gre_key', field: 6, type: NULLABLE_UINT32, from: 'point.key', doc: 'As in `sessions`.' },
    { name: 'packets', field: 7, type: UINT64, doc: 'Mirrored packets that arrived.' },
    {
      name: 'bytes',
      field: 8,
      type: UINT64,
      doc: 'Bytes of the mirrored frames as they arrived, encapsulation not included.',
    },
    {
      name: 'sequence',
      field: 9,
      type: SEQUENCE,
      doc:
        'What the sequence numbers count: `none` (there are none), `session` (one number for the mirror ' +
        'point), `hardware`, `direction`, `hardware_direction` (one for each hardware id, direction, or ' +
        'both), `source` (one for all ERSPAN sessions of the source), `unusable` (they cannot be a ' +
        'sequence, so that nothing is known of loss).',
    },
    {
      name: 'lost',
      field: 10,
      type: UINT64,
      doc: 'Sequence numbers that did not come within some seconds, see `late`.',
    },
    {
      name: 'late',
      field: 20,
      type: UINT64,
      doc: 'Packets that came after all when they had counted as lost: what never came is `lost` - `late`.',
    },
    { name: 'reordered', field: 11, type: UINT64, doc: 'Packets that came after one with a later number.' },
    { name: 'repeated', field: 12, type: UINT64, doc: 'Packets whose number had come before.' },
    { name: 'truncated', field: 13, type: UINT64, doc: 'Frames the switch cut short.' },
    {
      name: 'incomplete',
      field: 19,
      type: UINT64,
      doc:
        'Packets of which fragments never came: the MTU of the underlay is too small, or it drops ' +
        'fragments. They count in `packets` and `truncated` too.',
    },
    { name: 'malformed', field: 14, type: UINT64, doc: 'Frames with a header that cannot be right.' },
    {
      name: 'kernel_drops',
      field: 15,
      type: UINT64,
      doc:
        'Packets the kernel dropped in this minute before the collector saw them, whoever sent them: the ' +
        "same number in every row of the collector's minute.",
    },
    {
      name: 'clock',
      field: 21,
      type: WORD,
      doc:
        'The clock that the times of its frames are of, where these are the timestamps of the switch ' +
        '(`timestamps: hardware`): its sender and what it counts in, as in `192.0.2.1 100ns`. Times of ' +
        'mirror points with the same clock can be compared. Empty where they are times of arrival.',
    },
    {
      name: 'clock_kind',
      field: 22,
      type: CLOCK_KIND,
      doc:
        '`arrival` (there is no clock), `fitted` (fitted to the arrivals: apart from the time that packets ' +
        'take at least), `absolute` (the switch says what time it is).',
    },
    {
      name: 'clock_offset_ns',
      field: 23,
      type: INT64,
      doc:
        'Nanoseconds to add to what the clock shows to have UTC, at the end of the minute: up to half of ' +
        'what it counts before it begins anew. A clock of TAI has -37,000,000,000.',
    },
    {
      name: 'clock_drift_ppb',
      field: 24,
      type: INT64,
      doc: "By how many billionths the clock runs faster than the collector's; negative: slower.",
    },
    {
      name: 'clock_delay_ns',
      field: 25,
      type: INT64,
      doc:
        'The least time that a frame took from the switch to the collector. It is near 0 for the way to ' +
        'which a clock was fitted; by an absolute clock that is ahead it is negative.',
    },
    {
      name: 'clock_jitter_ns',
      field: 26,
      type: UINT64,
      doc: 'The mean difference between the time that one frame took and the next one (RFC 3550).',
    },
    {
      name: 'clock_disbelieved',
      field: 27,
      type: UINT64,
      doc: 'Frames with a timestamp too far from their arrival, which is their time then.',
    },
    {
      name: 'clock_jumps',
      field: 28,
      type: UINT64,
      doc: 'How often the clock was set, or its switch restarted.',
    },
    { name: 'collector', field: 16, type: WORD, from: 'collector', doc: 'As in `sessions`.' },
  ],
  derived: [],
};
