import { Read, type Reader, STATELESS } from '../reader.js';
export class SocksReader implements Reader {
  newState() {
    return STATELESS;
  }
  stream() {
    return Read.Over;
  }
}
