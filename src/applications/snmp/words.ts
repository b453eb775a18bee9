/** Protocol data units by the number of their context tag (RFC 1157; RFC 3416, section 3). */
export const Pdu = { Response: 2, TrapV1: 4, Trap: 7, Report: 8 } as const;
export type Pdu = (typeof Pdu)[keyof typeof Pdu];

/** Words for them; answers have none of their own. */
export const METHODS = ['get', 'get-next', '', 'set', 'trap', 'get-bulk', 'inform', 'trap', ''];

/** error-status by its number (RFC 3416, section 3). */
export const ERRORS = [
  'noError',
  'tooBig',
  'noSuchName',
  'badValue',
  'readOnly',
  'genErr',
  'noAccess',
  'wrongType',
  'wrongLength',
  'wrongEncoding',
  'wrongValue',
  'noCreation',
  'inconsistentValue',
  'resourceUnavailable',
  'commitFailed',
  'undoFailed',
  'authorizationError',
  'notWritable',
  'inconsistentName',
];
