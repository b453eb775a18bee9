/** S7 communication's functions and groups, as they are called in public dissectors' tables. */
export const FUNCTIONS: Readonly<Record<number, string>> = {
  0: 'CPU_SERVICES',
  4: 'READ_VAR',
  5: 'WRITE_VAR',
  26: 'REQUEST_DOWNLOAD',
  27: 'DOWNLOAD_BLOCK',
  28: 'DOWNLOAD_ENDED',
  29: 'START_UPLOAD',
  30: 'UPLOAD',
  31: 'END_UPLOAD',
  40: 'PI_SERVICE',
  41: 'PLC_STOP',
  240: 'SETUP_COMMUNICATION',
};

/** Groups of user data. */
export const GROUPS: Readonly<Record<number, string>> = {
  1: 'programmer',
  2: 'cyclic',
  3: 'block',
  4: 'cpu',
  5: 'security',
  6: 'pbc',
  7: 'time',
};
