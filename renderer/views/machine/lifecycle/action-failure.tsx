import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { domainKey } from '../../../state/store.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { pendingActions, useActionState } from './action-store.ts';
import { useDomainActions } from './actions.tsx';

/** The last action that did not happen, shown where it was asked for; nothing when all went well. */
export function ActionFailure({ domain }: { domain: Domain }) {
  const { t } = useTranslation(['machine', 'common']);
  const { failed } = useActionState(domain);
  const items = useDomainActions(domain);
  if (failed === null) return null;
  const putAway = (): void => pendingActions.putAway(domainKey(domain.host, domain.uuid));
  const asked = failed.action === 'shutdown' || failed.action === 'shutdownAgent';
  const off = asked ? items.find((item) => item.action === 'destroy' && item.enabled) : undefined;
  return (
    <FailureView failure={failed.failure}>
      {off !== undefined && (
        <Button size="compact-xs" onClick={() => off.run()}>
          {off.label}
        </Button>
      )}
      <Button size="compact-xs" onClick={putAway}>
        {t('common:close')}
      </Button>
    </FailureView>
  );
}
