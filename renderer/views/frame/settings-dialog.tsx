import { SegmentedControl } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Preferences } from '../../../main/contract/app.ts';
import { changePreferences, useAppInfo, usePreferences } from '../../state/preferences.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { notifyFailure } from '../../ui/notify.tsx';

const THEMES = ['system', 'dark', 'light'] as const;
const INTERVALS = [1000, 2000, 5000, 10_000] as const;

/** Each change holds at once. */
export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('frame');
  const preferences = usePreferences();
  const info = useAppInfo();
  const change = (next: Partial<Preferences>): void => void changePreferences(next).catch(notifyFailure);
  return (
    <Dialog title={t('settings.title')} onClose={onClose}>
      <Setting label={t('settings.theme')} help={null}>
        <SegmentedControl
          aria-label={t('settings.theme')}
          value={preferences.theme}
          data={THEMES.map((value) => ({ value, label: t(`settings.themes.${value}`) }))}
          onChange={(value) => change({ theme: THEMES.find((theme) => theme === value) ?? 'system' })}
        />
      </Setting>
      <Setting label={t('settings.interval')} help={t('settings.intervalHelp')}>
        <SegmentedControl
          aria-label={t('settings.interval')}
          value={String(preferences.statsIntervalMs)}
          data={INTERVALS.map((value) => ({ value: String(value), label: `${value / 1000} s` }))}
          onChange={(value) =>
            change({ statsIntervalMs: INTERVALS.find((interval) => String(interval) === value) ?? 2000 })
          }
        />
      </Setting>
      <span className="faint small">{t('settings.about', { version: info?.version ?? '' })}</span>
    </Dialog>
  );
}

function Setting({ label, help, children }: { label: string; help: string | null; children: ReactNode }) {
  return (
    <div style={{ display: 'grid', gap: 4, justifyItems: 'start' }}>
      <span className="strong">{label}</span>
      {help !== null && <span className="muted small">{help}</span>}
      {children}
    </div>
  );
}
