/** The collector that runs beside the console, if one does: asked over its control socket. */
import type { CollectorStatus } from '../model/status.js';
import {
  askCollector,
  ControlError,
  type ControlReply,
  type ControlRequest,
  openReply,
} from '../observe/control.js';
import { RequestError } from './errors.js';

/** Milliseconds for it to answer. */
const PATIENCE = 5000;

export class Beside {
  /** @param find its socket; undefined: none runs */
  constructor(private readonly find: () => Promise<string | undefined>) {}

  /** The collector's status; undefined: none runs. */
  async status(): Promise<CollectorStatus | undefined> {
    const socket = await this.find();
    if (socket === undefined) return undefined;
    try {
      return (await askCollector(socket, { command: 'status' }, { within: PATIENCE })) as CollectorStatus;
    } catch (error) {
      if (error instanceof ControlError && error.unreached !== undefined) return undefined;
      throw error;
    }
  }

  /**
   * Asks for something that is streamed.
   *
   * @throws RequestError 503 where no collector runs
   */
  async open(request: ControlRequest, signal: AbortSignal): Promise<ControlReply> {
    return openReply(await this.socket(), request, { signal });
  }

  /** @throws RequestError 503 where no collector runs */
  async ask(request: ControlRequest): Promise<unknown> {
    return askCollector(await this.socket(), request, { within: PATIENCE });
  }

  /** Its control socket; undefined: none runs. */
  place(): Promise<string | undefined> {
    return this.find();
  }

  private async socket(): Promise<string> {
    const socket = await this.find();
    if (socket === undefined)
      throw new RequestError('no collector runs beside this store', 503, {
        hint: 'mirrorlake collect starts one',
      });
    return socket;
  }
}
