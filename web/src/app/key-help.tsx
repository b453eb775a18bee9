import { Dialog } from '@base-ui/react/dialog';
import { KEYS, type Key } from './keys.js';

const SCOPES: readonly { readonly scope: Key['scope']; readonly title: string }[] = [
  { scope: 'everywhere', title: 'Everywhere' },
  { scope: 'tables', title: 'In tables' },
  { scope: 'packets', title: 'In packets' },
  { scope: 'map', title: 'On the map' },
];

/** All keys, as they are declared. */
export function KeyHelp({ open, close }: { readonly open: boolean; readonly close: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title render={<h2 />}>Keys</Dialog.Title>
          {SCOPES.map(({ scope, title }) => (
            <table key={scope} aria-label={title}>
              <thead>
                <tr>
                  <th colSpan={2}>{title}</th>
                </tr>
              </thead>
              <tbody>
                {KEYS.filter((key) => key.scope === scope).map((key) => (
                  <tr key={key.id}>
                    <td style={{ width: 120 }}>
                      {key.keys.split(' ').map((one) => (
                        <kbd key={one}>{one}</kbd>
                      ))}
                    </td>
                    <td>{key.words}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ))}
          <Dialog.Close className="btn">Close</Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
