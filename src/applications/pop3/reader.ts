import { Read, type Reader, STATELESS } from '../reader.js';
export class Pop3Reader implements Reader {
  newState() {
    return STATELESS;
  }
  stream() {
    return Read.Over;
  }
}
