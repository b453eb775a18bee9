/** Mirrored frames: their fields, the walk that fills them, and the words for their layers. */
export { Frame } from './frame-fields.js';
export { FrameKind, LAYER_NAMES, Layer, MAX_LAYERS, MAX_VLANS, NO_VNI } from './layers.js';
export { KNOWN_TUNNEL_PORTS, TunnelPorts } from './tunnel-ports.js';
export { decodeFrame, walkToIp } from './walk.js';
