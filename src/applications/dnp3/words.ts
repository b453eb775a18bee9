/** DNP3's function codes (IEEE 1815-2012, table 4-2), in Zeek's words. */
export const FUNCTIONS: Readonly<Record<number, string>> = {
  0: 'CONFIRM',
  1: 'READ',
  2: 'WRITE',
  3: 'SELECT',
  4: 'OPERATE',
  5: 'DIRECT_OPERATE',
  6: 'DIRECT_OPERATE_NR',
  7: 'IMMED_FREEZE',
  8: 'IMMED_FREEZE_NR',
  9: 'FREEZE_CLEAR',
  10: 'FREEZE_CLEAR_NR',
  11: 'FREEZE_AT_TIME',
  12: 'FREEZE_AT_TIME_NR',
  13: 'COLD_RESTART',
  14: 'WARM_RESTART',
  15: 'INITIALIZE_DATA',
  16: 'INITIALIZE_APPL',
  17: 'START_APPL',
  18: 'STOP_APPL',
  19: 'SAVE_CONFIG',
  20: 'ENABLE_UNSOLICITED',
  21: 'DISABLE_UNSOLICITED',
  22: 'ASSIGN_CLASS',
  23: 'DELAY_MEASURE',
  24: 'RECORD_CURRENT_TIME',
  25: 'OPEN_FILE',
  26: 'CLOSE_FILE',
  27: 'DELETE_FILE',
  28: 'GET_FILE_INFO',
  29: 'AUTHENTICATE_FILE',
  30: 'ABORT_FILE',
  31: 'ACTIVATE_CONFIG',
  32: 'AUTHENTICATE_REQ',
  33: 'AUTHENTICATE_ERR',
  129: 'RESPONSE',
  130: 'UNSOLICITED_RESPONSE',
  131: 'AUTHENTICATE_RESP',
};

/** Functions that ask for no response. */
export const WITHOUT_RESPONSE: ReadonlySet<number> = new Set([6, 8, 10, 12, 33]);

/** Internal indications that say what was wrong with a request (section 4.2.2.6.3), the first counts. */
export const FAULTS: readonly (readonly [bit: number, word: string])[] = [
  [0x0001, 'NO_FUNC_CODE_SUPPORT'],
  [0x0002, 'OBJECT_UNKNOWN'],
  [0x0004, 'PARAMETER_ERROR'],
];
