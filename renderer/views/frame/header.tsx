import { ActionIcon, Button, Menu, UnstyledButton, useComputedColorScheme } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconLayoutSidebar,
  IconMenu2,
  IconMoon,
  IconPlus,
  IconSearch,
  IconSettings,
  IconSun,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { openDialog } from '../../state/dialogs.ts';
import { useHosts } from '../../state/inventory.ts';
import { openNewMachine } from '../../state/new-machine.ts';
import { changePreferences, usePreferences } from '../../state/preferences.ts';
import { setUi, useUi } from '../../state/ui.ts';
import { Kbd } from '../../ui/kbd.tsx';
import { notifyFailure } from '../../ui/notify.tsx';
import classes from './header.module.css';

/** Name, search, theme, settings. `onMenu` is there where the sidebar is a drawer. */
export function Header({ onMenu }: { onMenu: (() => void) | null }) {
  const { t } = useTranslation('frame');
  const sidebarOpen = useUi('sidebarOpen');
  const hasHosts = useHosts().length > 0;
  return (
    <header className={classes['header']}>
      <div className={classes['side']}>
        {onMenu !== null && (
          <ActionIcon variant="subtle" aria-label={t('openMenu')} onClick={onMenu}>
            <IconMenu2 size={16} />
          </ActionIcon>
        )}
        {onMenu === null && hasHosts && (
          <ActionIcon
            variant="subtle"
            aria-label={t('toggleSidebar')}
            title={t('toggleSidebar')}
            aria-expanded={sidebarOpen}
            onClick={() => setUi({ sidebarOpen: !sidebarOpen })}
          >
            <IconLayoutSidebar size={16} stroke={1.75} />
          </ActionIcon>
        )}
        <a className={classes['name']} href="#/machines">
          Virtlane
        </a>
      </div>
      <UnstyledButton
        className={classes['search'] ?? ''}
        onClick={spotlight.open}
        aria-keyshortcuts="Control+K"
      >
        <IconSearch size={14} aria-hidden="true" />
        <span className={classes['searchText']}>{t('search')}</span>
        <Kbd keys="Ctrl K" />
      </UnstyledButton>
      <div className={classes['side']} data-end>
        <NewMachine />
        <ThemeMenu />
        <ActionIcon
          aria-label={t('keys.open')}
          title={t('keys.open')}
          className={classes['wide'] ?? ''}
          onClick={() => openDialog({ kind: 'keys' })}
        >
          <IconKeyboard size={16} stroke={1.75} />
        </ActionIcon>
        <ActionIcon
          aria-label={t('settings.title')}
          title={t('settings.title')}
          onClick={() => openDialog({ kind: 'settings' })}
        >
          <IconSettings size={16} stroke={1.75} />
        </ActionIcon>
      </div>
    </header>
  );
}

/** Nothing to press while no host is connected: there is nowhere to make one. */
function NewMachine() {
  const { t } = useTranslation('frame');
  const possible = useHosts().some(({ state }) => state === 'connected');
  if (!possible) return null;
  return (
    <Button
      variant="filled"
      className={classes['new'] ?? ''}
      leftSection={<IconPlus size={14} />}
      aria-keyshortcuts="n"
      aria-label={t('newMachine')}
      onClick={() => openNewMachine()}
    >
      <span className={classes['newText']}>{t('newMachine')}</span>
    </Button>
  );
}

const THEMES = [
  ['system', IconDeviceDesktop],
  ['dark', IconMoon],
  ['light', IconSun],
] as const;

function ThemeMenu() {
  const { t } = useTranslation('frame');
  const { theme } = usePreferences();
  const shown = useComputedColorScheme('dark');
  const choose = (value: string): void => {
    const next = THEMES.find(([name]) => name === value)?.[0] ?? 'system';
    void changePreferences({ theme: next }).catch(notifyFailure);
  };
  const Icon = shown === 'dark' ? IconMoon : IconSun;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={t('settings.theme')} title={t('settings.theme')}>
          <Icon size={16} stroke={1.75} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={theme} onChange={choose}>
          {THEMES.map(([name, ThemeIcon]) => (
            <Menu.RadioItem
              key={name}
              value={name}
              closeMenuOnClick
              rightSection={<ThemeIcon size={16} stroke={1.75} aria-hidden="true" />}
            >
              {t(`settings.themes.${name}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
