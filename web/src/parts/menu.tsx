/** Menus and selections, of Base UI's: focus, typing ahead and roles are its business. */
import { Menu } from '@base-ui/react/menu';
import { Select } from '@base-ui/react/select';
import { Check, ChevronDown, type LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Icon } from './icon.js';

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  /** Beside the label, in grey. */
  readonly more?: string | undefined;
}

/** One of some values. */
export function Choose<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly Choice<T>[];
  readonly onChange: (value: T) => void;
  readonly icon?: LucideIcon;
  readonly small?: boolean;
}) {
  const { label, value, choices, onChange, icon, small } = props;
  const items = choices.map(({ value: v, label: l }) => ({ value: v, label: l }));
  return (
    <Select.Root items={items} value={value} onValueChange={(next) => next !== null && onChange(next as T)}>
      <Select.Trigger className={small ? 'btn sm' : 'btn'} aria-label={label}>
        {icon !== undefined && <Icon of={icon} />}
        <Select.Value />
        <Select.Icon>
          <Icon of={ChevronDown} />
        </Select.Icon>
      </Select.Trigger>
      <Select.Portal>
        <Select.Positioner sideOffset={4} alignItemWithTrigger={false}>
          <Select.Popup className="popup">
            {choices.map((choice) => (
              <Select.Item key={choice.value} value={choice.value} className="item">
                <Select.ItemText>{choice.label}</Select.ItemText>
                <span className="r">
                  {choice.more}
                  <Select.ItemIndicator>
                    <Icon of={Check} />
                  </Select.ItemIndicator>
                </span>
              </Select.Item>
            ))}
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}

export interface Action {
  readonly label: string;
  readonly more?: string | undefined;
  readonly act: () => void;
  readonly disabled?: boolean;
}

/** Things that can be done. */
export function Actions({
  trigger,
  actions,
}: {
  readonly trigger: ReactElement;
  readonly actions: readonly Action[];
}) {
  return (
    <Menu.Root>
      <Menu.Trigger render={trigger} />
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className="popup">
            {actions.map(({ label, more, act, disabled }) => (
              <Menu.Item key={label} className="item" onClick={act} disabled={disabled ?? false}>
                {label}
                {more !== undefined && <span className="r">{more}</span>}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** Some values side by side, of which one is chosen. */
export function Segments<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly label: ReactNode }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <div className="grp" role="group" aria-label={props.label}>
      {props.choices.map(({ value, label }) => (
        <button
          key={value}
          type="button"
          className={value === props.value ? 'btn sm on' : 'btn sm'}
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
