/** The words of columns: each declared beside what has it. */

import { CLOCK_KIND_NAMES } from '../clock-kind.js';
import { CLOCKS_NAMES } from '../clocks.js';
import { END_REASON_NAMES } from '../end-reason.js';
import { MIRROR_DIRECTION_NAMES, MIRROR_TYPE_NAMES } from '../mirror-point.js';
import { NAME_SOURCE_NAMES } from '../name-source.js';
import { PACKET_LAYER_NAMES } from '../packet-layer.js';
import { SEQUENCE_USE_NAMES } from '../sequence-use.js';
import { OUTCOME_NAMES } from '../told.js';
import { enumOf, wordOf } from './column.js';

export const CLOCKS = enumOf({
  name: 'Clocks',
  module: 'clocks',
  names: 'CLOCKS_NAMES',
  words: CLOCKS_NAMES,
});
export const END_REASON = enumOf({
  name: 'EndReason',
  module: 'end-reason',
  names: 'END_REASON_NAMES',
  words: END_REASON_NAMES,
});
export const CLOCK_KIND = enumOf({
  name: 'ClockKind',
  module: 'clock-kind',
  names: 'CLOCK_KIND_NAMES',
  words: CLOCK_KIND_NAMES,
});
export const MIRROR_TYPE = wordOf({
  name: 'MirrorType',
  module: 'mirror-point',
  names: 'MIRROR_TYPE_NAMES',
  words: MIRROR_TYPE_NAMES,
});
export const MIRROR_DIRECTION = enumOf({
  name: 'MirrorDirection',
  module: 'mirror-point',
  names: 'MIRROR_DIRECTION_NAMES',
  words: MIRROR_DIRECTION_NAMES,
});
export const LAYER = enumOf({
  name: 'PacketLayer',
  module: 'packet-layer',
  names: 'PACKET_LAYER_NAMES',
  words: PACKET_LAYER_NAMES,
});
export const SEQUENCE = enumOf({
  name: 'SequenceUse',
  module: 'sequence-use',
  names: 'SEQUENCE_USE_NAMES',
  words: SEQUENCE_USE_NAMES,
});
export const OUTCOME = enumOf({
  name: 'Outcome',
  module: 'told',
  names: 'OUTCOME_NAMES',
  words: OUTCOME_NAMES,
});
export const NAME_SOURCE = wordOf({
  name: 'NameSource',
  module: 'name-source',
  names: 'NAME_SOURCE_NAMES',
  words: NAME_SOURCE_NAMES,
});
