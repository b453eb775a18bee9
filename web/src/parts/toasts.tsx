import { Toast } from '@base-ui/react/toast';

const manager = Toast.createToastManager();

/** Says something for some seconds, and aloud. */
export function toast(title: string, description?: string): void {
  manager.add({ title, ...(description !== undefined && { description }) });
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} timeout={4000}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <Shown />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function Shown() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((one) => (
    <Toast.Root key={one.id} toast={one} className="toast popup">
      <Toast.Content>
        <Toast.Title render={<b />} />
        <Toast.Description className="muted" />
      </Toast.Content>
    </Toast.Root>
  ));
}
