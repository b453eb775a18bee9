import { Read, type Reader, STATELESS } from '../reader.js';
export class FtpReader implements Reader {
  newState() {
    return STATELESS;
  }
  stream() {
    return Read.Over;
  }
}
