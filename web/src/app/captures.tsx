/** Captures: a file that is dropped anywhere is read into a store of its own, which is then looked at. */
import { Dialog } from '@base-ui/react/dialog';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FileDown, FolderOpen, Trash2, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Answer } from '../../../src/console/contract.js';
import { ApiError, call, urlOf } from '../api/client.js';
import { useAnswer } from '../api/use-answer.js';
import { bytes } from '../format/numbers.js';
import { day, minute } from '../format/times.js';
import { Icon } from '../parts/icon.js';
import { Wrong } from '../parts/states.js';
import { toast } from '../parts/toasts.js';
import styles from './captures.module.css';
import { useMe } from './signed-in.js';

type Capture = Answer<'addCapture'>;

/** What happens to the file that was dropped. */
interface Sending {
  readonly name: string;
  /** 0 to 1; 1 while the rest is read. */
  readonly sent: number;
  readonly cancel: () => void;
}

/** Sends a file; what is read of it is told by its answer. @throws ApiError */
function send(file: File, progress: (sent: number) => void, signal: AbortSignal): Promise<Capture> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const failed = (detail: string, status = request.status): void =>
      reject(new ApiError({ title: 'not answered', status, detail }));
    request.open('POST', urlOf('addCapture', { query: { name: file.name } }));
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded }) => progress(file.size === 0 ? 1 : loaded / file.size);
    request.onerror = () => failed('The console does not answer.', 0);
    request.onabort = () => failed(`${file.name} was not sent.`, 0);
    request.onload = () => {
      try {
        const answer = JSON.parse(request.responseText) as unknown;
        if (request.status === 200) resolve(answer as Capture);
        else reject(new ApiError(answer as ApiError['problem']));
      } catch {
        failed(`The console answers ${request.status}.`);
      }
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

export interface Sender {
  readonly sending: Sending | undefined;
  readonly wrong: ApiError | undefined;
  readonly forget: () => void;
  readonly take: (files: FileList | null) => void;
}

export function useSender(): Sender {
  const [sending, setSending] = useState<Sending>();
  const [wrong, say] = useState<ApiError>();
  const navigate = useNavigate();
  const client = useQueryClient();
  const me = useMe();
  const refuse = (detail: string): void => say(new ApiError({ title: 'not sent', status: 0, detail }));
  const take = async (files: FileList | null): Promise<void> => {
    const [file, more] = files ?? [];
    if (file === undefined) return;
    say(undefined);
    if (sending !== undefined) return refuse(`${sending.name} is being read: one capture at a time.`);
    if (more !== undefined) return refuse('Drop one capture at a time.');
    if (me?.rights.includes('captures') !== true)
      return refuse('To look into a capture here takes the right captures.');
    const abort = new AbortController();
    const { name } = file;
    const progress = (sent: number): void => setSending({ name, sent, cancel: () => abort.abort() });
    progress(0);
    try {
      const { limit } = await call('captures');
      if (file.size > limit)
        return refuse(`${name} has ${bytes(file.size)}; ${bytes(limit)} at most (console.capture_limit).`);
      const { id } = await send(file, progress, abort.signal);
      await navigate({ to: '/', search: { c: id } as never });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(error);
    } finally {
      setSending(undefined);
      await client.invalidateQueries({ queryKey: ['captures'] });
    }
  };
  return { sending, wrong, forget: () => say(undefined), take: (files) => void take(files) };
}

/** Takes what is dropped, and says how far it is. */
export function DropCapture({ sender }: { readonly sender: Sender }) {
  const { sending, wrong, forget } = sender;
  const [over, setOver] = useState(false);
  const latest = useRef(sender);
  latest.current = sender;
  useEffect(() => {
    const files = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const dragged = (event: DragEvent): void => {
      if (!files(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const left = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const dropped = (event: DragEvent): void => {
      setOver(false);
      if (!files(event)) return;
      event.preventDefault();
      latest.current.take(event.dataTransfer?.files ?? null);
    };
    addEventListener('dragover', dragged);
    addEventListener('dragleave', left);
    addEventListener('drop', dropped);
    return () => {
      removeEventListener('dragover', dragged);
      removeEventListener('dragleave', left);
      removeEventListener('drop', dropped);
    };
  }, []);
  return (
    <>
      {over && (
        <div className={styles.over}>
          <div>
            <Icon of={FileDown} />
            <b>Drop a capture to look into it</b>
            <span className="muted">
              pcap or pcapng, also with gzip or zstd. It does not come into the store.
            </span>
          </div>
        </div>
      )}
      {sending !== undefined && (
        <div className={styles.strip} role="status">
          <span>{sending.sent < 1 ? `Sending ${sending.name}` : `Reading ${sending.name}…`}</span>
          <progress value={sending.sent} aria-label={`Sent of ${sending.name}`} />
          <button type="button" className="btn sm" onClick={sending.cancel}>
            Cancel
          </button>
        </div>
      )}
      {wrong !== undefined && (
        <div className={styles.strip} role="alert">
          <b className="bad">{wrong.message}</b>
          {wrong.hint !== undefined && <span className="muted">{wrong.hint}</span>}
          <span className="grow" />
          <button type="button" className="btn ghost sm icon" aria-label="Close" onClick={forget}>
            <Icon of={X} />
          </button>
        </div>
      )}
    </>
  );
}

/** Says that a capture is looked at, and leads back. */
export function CaptureStrip() {
  const { c } = useSearch({ strict: false }) as { readonly c?: string };
  const { data } = useAnswer('captures', undefined, { enabled: c !== undefined });
  const navigate = useNavigate();
  if (c === undefined) return null;
  const capture = data?.captures.find(({ id }) => id === c);
  const gone = data !== undefined && capture === undefined;
  return (
    <section className={styles.strip} aria-label="Capture">
      <Icon of={FolderOpen} />
      <span>
        {gone ? 'This capture has been removed' : 'Capture'} <b className="mono">{capture?.name}</b>
      </span>
      {capture !== undefined && <span className="muted">{bytes(capture.bytes)}</span>}
      <span className="faint">·</span>
      <button
        type="button"
        className="l"
        onClick={() => void navigate({ to: '/', search: { c: undefined } as never })}
      >
        back to the store
      </button>
    </section>
  );
}

/** The captures that are kept: to look into, to remove; and another one by its file. */
export function CapturesDialog(props: {
  readonly open: boolean;
  readonly close: () => void;
  readonly sender: Sender;
}) {
  const { open, close, sender } = props;
  const { data } = useAnswer('captures', undefined, { enabled: open });
  const [wrong, say] = useState<ApiError>();
  const client = useQueryClient();
  const navigate = useNavigate();
  const look = (id: string): void => {
    close();
    void navigate({ to: '/', search: { c: id } as never });
  };
  const remove = async ({ id, name }: Capture): Promise<void> => {
    try {
      await call('removeCapture', { params: { id } });
      toast(`Capture ${name} removed`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(error);
    } finally {
      await client.invalidateQueries({ queryKey: ['captures'] });
    }
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title render={<h2 />}>Captures</Dialog.Title>
          <p className="muted">
            A capture that is dropped anywhere on the page is read into a store of its own.
            {data !== undefined && ` ${data.most} are kept, of ${bytes(data.limit)} each at most.`}
          </p>
          <label style={{ display: 'block', margin: '12px 0' }}>
            Look into a file{' '}
            <input
              type="file"
              onChange={(event) => {
                close();
                sender.take(event.target.files);
              }}
            />
          </label>
          {wrong !== undefined && <Wrong error={wrong} />}
          {data !== undefined && data.captures.length > 0 && (
            <table aria-label="Captures">
              <thead>
                <tr>
                  <th>Capture</th>
                  <th>Whose</th>
                  <th>When</th>
                  <th className="n">Size</th>
                  <th />
                </tr>
              </thead>
              <tbody>
                {data.captures.map((capture) => (
                  <tr key={capture.id}>
                    <td>
                      <button type="button" className="l mono" onClick={() => look(capture.id)}>
                        {capture.name}
                      </button>
                    </td>
                    <td className="muted">{capture.who}</td>
                    <td className="muted">
                      {day(Date.parse(capture.at))},{' '}
                      {minute(Math.floor(Date.parse(capture.at) / 60_000) * 60_000)}
                    </td>
                    <td className="n">{bytes(capture.bytes)}</td>
                    <td className="n">
                      <button
                        type="button"
                        className="btn ghost sm icon"
                        aria-label={`Remove ${capture.name}`}
                        onClick={() => void remove(capture)}
                      >
                        <Icon of={Trash2} />
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <div style={{ marginTop: 12 }}>
            <Dialog.Close className="btn">Close</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
