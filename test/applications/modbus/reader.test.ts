import { describe, expect, it } from 'vitest';
import { ModbusReader } from '../../../src/applications/modbus/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import { modbus, samples } from './samples.js';

const MODBUS: Application = { name: 'modbus', tcp: { is: () => true }, newReader: () => new ModbusReader() };
const talk = () => new Conversation([MODBUS], { client: 40_000, server: 502 });
const said = (c: Conversation) =>
  c.end().rows.map((r) => [r.method, r.name, r.resource, r.status, r.outcome].join(' ').trimEnd());

describe('Modbus', () => {
  it('has a row for each request, whatever the order of the responses', () => {
    const c = talk();
    for (const [who, bytes] of samples[0].messages) who === 'client' ? c.ask(bytes) : c.answer(bytes);
    expect(said(c)).toEqual([
      'READ_HOLDING_REGISTERS 1 107:3  ok',
      'WRITE_SINGLE_COIL 1 172:1  ok',
      'READ_COILS 17 19:37 ILLEGAL_DATA_ADDRESS client_error',
      'WRITE_MULTIPLE_REGISTERS 17 1:2  ok',
    ]);
    expect(c.rows[0].responseUs).toBe(1000);
    expect(c.rows[0].requestBytes).toBe(12);
  });

  it('tells what a server could not do from what was asked wrongly', () => {
    const c = talk().ask(modbus(9, 2, '04 0000 0001'), modbus(10, 2, '2b 0e 01 00'), modbus(11, 2, '64'));
    c.answer(modbus(9, 2, '84 06'), modbus(10, 2, 'ab 01'), modbus(11, 2, 'e4 0c'));
    expect(said(c)).toEqual([
      'READ_INPUT_REGISTERS 2 0:1 SLAVE_DEVICE_BUSY server_error',
      'ENCAP_INTERFACE_TRANSPORT 2  ILLEGAL_FUNCTION client_error',
      'unknown-100 2  EXCEPTION_12 client_error',
    ]);
  });

  it('says what was not answered, and what was not asked', () => {
    const c = talk()
      .ask(modbus(1, 1, '03 0000 0001'))
      .answer(modbus(7, 1, '03 02 0000'));
    expect(said(c)).toEqual([
      'READ_HOLDING_REGISTERS 1   unasked',
      'READ_HOLDING_REGISTERS 1 0:1  unanswered',
    ]);
  });

  it('is read in pieces, as far as the mirror cut it, and until it cannot be Modbus', () => {
    const message = modbus(5, 1, '0f 0013 000a 02 cd01');
    const c = talk().ask(message.subarray(0, 5), message.subarray(5, 9), message.subarray(9));
    c.answer(modbus(5, 1, '0f 0013 000a')).segment(0, message.length, modbus(6, 1, '03 0001 0002'), 10);
    expect(said(c)).toEqual(['WRITE_MULTIPLE_COILS 1 19:10  ok', 'READ_HOLDING_REGISTERS 1   unanswered']);
    expect(c.rows[1].partial).toBe('cut');
    const broken = talk().ask(modbus(1, 1, '03 0000 0001'), 'GET / HTTP/1.1\r\n\r\n');
    expect(broken.isOver).toBe(true);
    expect(broken.told.Partial).toBe('malformed');
  });
});
