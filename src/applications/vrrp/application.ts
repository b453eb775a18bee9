import type { Application } from '../reader.js';

/** Over IP alone (RFC 9568): a transport of its own, nothing to recognise. */
export const VRRP: Application = { name: 'vrrp' };
