/** ESP (RFC 4303 section 2): security parameters index (4), sequence number (4); the rest is encrypted. */
import { SHORT, setU32, u32 } from '../bytes.js';

export const ESP_LENGTH = 8;

export class EspHeader {
  spi = 0;
  sequence = 0;
}

/** @returns the header's length (8), or SHORT. */
export function parseEsp(b: Uint8Array, o: number, end: number, h: EspHeader): number {
  if (end - o < ESP_LENGTH) return SHORT;
  h.spi = u32(b, o);
  h.sequence = u32(b, o + 4);
  return ESP_LENGTH;
}

export function emitEsp(h: EspHeader, b: Uint8Array, o: number): number {
  setU32(b, o, h.spi);
  setU32(b, o + 4, h.sequence);
  return ESP_LENGTH;
}
