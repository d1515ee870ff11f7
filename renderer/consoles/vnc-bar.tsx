import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconCamera,
  IconCheck,
  IconCommand,
  IconEye,
  IconZoomScan,
} from '@tabler/icons-react';
import { Fragment, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConsoleKinds } from './console-kinds.ts';
import classes from './consoles.module.css';
import type { Keyboard } from './focus.ts';
import { COMBINATIONS, type Key } from './keys.ts';
import { TypeText, type TypeTextProps } from './type-text.tsx';
import type { Scale } from './screen-scale.ts';
import type { VncOptions } from './vnc-session.ts';

export interface VncBarProps {
  readonly name: string;
  readonly kinds: ConsoleKinds;
  readonly connected: boolean;
  readonly keyboard: Keyboard;
  readonly options: VncOptions;
  readonly fullScreen: boolean;
  readonly hidden: boolean;
  /** The guest was asked to take another size and has kept this one. */
  readonly kept: { readonly width: number; readonly height: number } | null;
  /** Screen or serial, when the machine has both. */
  readonly choice: ReactNode;
  readonly onOptions: (options: VncOptions) => void;
  readonly onKeys: (keys: readonly Key[]) => void;
  readonly onType: TypeTextProps['onType'];
  readonly onScreenshot: () => void;
  readonly onFullScreen: () => void;
}

/** What is said of the keyboard (i18n, `console:grab`): wherever it is, the hint is true. */
const GRAB = { guest: 'on', frame: 'off', elsewhere: 'elsewhere' } as const satisfies Record<
  Keyboard,
  string
>;

/** The controls over a screen. In full screen it hides while the guest has the keyboard. */
export function VncBar(props: VncBarProps) {
  const { connected, keyboard, options, fullScreen, kept } = props;
  const { t } = useTranslation('console');
  const canType = connected && !options.viewOnly;
  const grab = options.viewOnly ? 'viewOnly' : GRAB[keyboard];
  return (
    <div className={classes['bar']} role="toolbar" aria-label={t('bar')} data-hidden={props.hidden}>
      {props.choice}
      {fullScreen && <b>{props.name}</b>}
      <span className={classes['grab']} data-on={keyboard === 'guest'} role="status">
        {connected ? t(`grab.${grab}`) : ''}
      </span>
      <span className={classes['kept']} role="status" title={t('scale.keptWhy')}>
        {kept === null ? '' : t('scale.kept', { width: kept.width, height: kept.height })}
      </span>
      <span className="spacer" />
      <KeysMenu disabled={!canType} onKeys={props.onKeys} />
      <TypeText disabled={!canType} onType={props.onType} />
      <ScaleMenu {...props} />
      <Toggle
        label={t('viewOnly')}
        pressed={options.viewOnly}
        onClick={() => props.onOptions({ ...options, viewOnly: !options.viewOnly })}
      >
        <IconEye size={16} stroke={1.75} />
      </Toggle>
      <Toggle label={t('screenshot')} disabled={!connected} onClick={props.onScreenshot}>
        <IconCamera size={16} stroke={1.75} />
      </Toggle>
      <Toggle label={t(fullScreen ? 'leaveFullScreen' : 'fullScreen')} onClick={props.onFullScreen}>
        {fullScreen ? <IconArrowsMinimize size={16} /> : <IconArrowsMaximize size={16} />}
      </Toggle>
    </div>
  );
}

export function Toggle(props: {
  label: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  const { label, pressed, disabled = false, onClick, children } = props;
  return (
    <ActionIcon
      size={26}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      className={classes['toggle'] ?? ''}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </ActionIcon>
  );
}

function KeysMenu({ disabled, onKeys }: { disabled: boolean; onKeys: (keys: readonly Key[]) => void }) {
  const { t } = useTranslation('console');
  return (
    <Menu withinPortal={false} returnFocus={false}>
      <Menu.Target>
        <Button
          size="compact-sm"
          disabled={disabled}
          leftSection={<IconCommand size={15} stroke={1.75} />}
          aria-label={t('keys.menu')}
        >
          <span className={classes['wide']}>{t('keys.menu')}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes['keys'] ?? ''}>
        {COMBINATIONS.map((group, index) => (
          <Fragment key={group[0]?.label}>
            {index > 0 && <Menu.Divider />}
            {group.map(({ label, keys }) => (
              <Menu.Item key={label} onClick={() => onKeys(keys)}>
                {label}
              </Menu.Item>
            ))}
          </Fragment>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const SCALES: readonly Scale[] = ['fit', 'actual', 'remote'];

function ScaleMenu({ kinds, options, onOptions }: VncBarProps) {
  const { t } = useTranslation('console');
  return (
    <Menu withinPortal={false}>
      <Menu.Target>
        <Button
          size="compact-sm"
          leftSection={<IconZoomScan size={15} stroke={1.75} />}
          aria-label={t('scale.menu')}
          title={t('scale.menu')}
        >
          <span className={classes['wide']}>{t(`scale.${options.scale}`)}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {SCALES.map((scale) => (
          <Menu.Item
            key={scale}
            disabled={scale === 'remote' && !kinds.resizable}
            rightSection={scale === options.scale ? <IconCheck size={14} /> : undefined}
            onClick={() => onOptions({ ...options, scale })}
          >
            {t(`scale.${scale}`)}
            {scale === 'remote' && !kinds.resizable && (
              <div className="faint tiny">
                {t('scale.remoteWhy', { video: kinds.videoModel ?? t('scale.none') })}
              </div>
            )}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
