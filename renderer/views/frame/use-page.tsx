import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useFilter } from '../../state/filter.ts';
import { useDomain, useHost } from '../../state/inventory.ts';
import { useRoute } from '../../state/router.ts';
import { domainKey } from '../../state/store.ts';
import { setUi } from '../../state/ui.ts';
import { landOnHeading } from '../../ui/landing.ts';

/** The window's title says which page it shows: it is what a screen reader says first, and what tabs and task bars show. */
export function usePageTitle(): void {
  const { t } = useTranslation('frame');
  const route = useRoute();
  const { host } = useFilter();
  const machine = route.page === 'machine' ? route : { host: '', uuid: '' };
  const domain = useDomain(machine.host, machine.uuid);
  const chosen = useHost(host ?? '');
  const other = route.page === 'storage' || route.page === 'networks' ? t(route.page) : null;
  const list = other ?? chosen?.name ?? t('machines');
  const page = route.page === 'machine' ? domain?.name : list;
  useEffect(() => {
    document.title = page === undefined ? t('name') : t('windowTitle', { page });
  }, [page, t]);
}

/** Stands beside a page that has no list: its heading takes the keyboard when it comes. */
export function HeadingLanding({ host, uuid }: { host: string; uuid: string }) {
  const known = useDomain(host, uuid) !== undefined;
  useEffect(landOnHeading, [known]);
  return null;
}

/** The machine that was visited is the row in focus when the list comes back, whichever way led to it. */
export function useRememberVisit(): void {
  const route = useRoute();
  useEffect(() => {
    if (route.page === 'machine') setUi({ selected: domainKey(route.host, route.uuid) });
  }, [route]);
}
