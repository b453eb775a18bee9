/** One of many, found by writing a part of its name: Base UI's combobox. */
import { Combobox } from '@base-ui/react/combobox';

export interface Pickable {
  readonly value: string;
  readonly label: string;
  /** Below the label, in grey. */
  readonly more?: string | undefined;
}

export function Pick(props: {
  readonly label: string;
  readonly items: readonly Pickable[];
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
  readonly autoFocus?: boolean;
}) {
  const { label, items, value, onChange, autoFocus = false } = props;
  return (
    <Combobox.Root
      items={items}
      value={items.find((item) => item.value === value) ?? null}
      onValueChange={(item: Pickable | null) => item !== null && onChange(item.value)}
      isItemEqualToValue={(a: Pickable, b: Pickable) => a.value === b.value}
      filter={(item: Pickable, written: string) => {
        const sought = written.toLowerCase();
        return item.label.toLowerCase().includes(sought) || item.value.includes(sought.replaceAll(' ', '_'));
      }}
      autoHighlight
    >
      <Combobox.InputGroup className="search pick">
        <Combobox.Input aria-label={label} placeholder={label} autoFocus={autoFocus} spellCheck={false} />
      </Combobox.InputGroup>
      <Combobox.Portal>
        <Combobox.Positioner className="over" sideOffset={4} align="start">
          <Combobox.Popup className="popup picks">
            <Combobox.Empty>
              <p className="faint picknone">None is called so.</p>
            </Combobox.Empty>
            <Combobox.List>
              {(item: Pickable) => (
                <Combobox.Item key={item.value} value={item} className="item">
                  <span className="pickitem">
                    {item.label}
                    {item.more !== undefined && <small className="faint">{item.more}</small>}
                  </span>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
