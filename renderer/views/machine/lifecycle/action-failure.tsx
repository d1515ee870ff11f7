import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import type { FailureCode } from '../../../../main/contract/failure-codes.ts';
import { domainKey } from '../../../state/store.ts';
import { FailureView } from '../../../ui/failure-view.tsx';
import { pendingActions, useActionState } from './action-store.ts';
import { useDomainActions } from './actions.tsx';
import type { ActionId } from './availability.ts';
import { openResumeDialog } from './resume-dialog.tsx';

/** The last action that did not happen, shown where it was asked for; nothing when all went well. */
export function ActionFailure({ domain }: { domain: Domain }) {
  const { t } = useTranslation(['machine', 'common']);
  const { failed } = useActionState(domain);
  const items = useDomainActions(domain);
  if (failed === null) return null;
  const putAway = (): void => pendingActions.putAway(domainKey(domain.host, domain.uuid));
  const help = helpAfter(failed.action, failed.failure.code);
  const item = items.find(({ action, enabled }) => action === help && enabled);
  return (
    <FailureView failure={failed.failure}>
      {item !== undefined && (
        <Button size="compact-xs" leftSection={item.icon} onClick={() => item.run()}>
          {item.label}
        </Button>
      )}
      {failed.failure.unless === 'movedTo' && (
        <Button size="compact-xs" onClick={() => openResumeDialog(domain)}>
          {t('machine:leftBehind.say')}
        </Button>
      )}
      <Button size="compact-xs" onClick={putAway}>
        {t('common:close')}
      </Button>
    </FailureView>
  );
}

/** The next thing to try when a guest could not be asked to shut down, or was asked and still runs. */
function helpAfter(action: ActionId, code: FailureCode): ActionId | null {
  if (action === 'shutdownAgent' && code !== 'TIMEOUT') return 'shutdown';
  if (action === 'rebootAgent' && code !== 'TIMEOUT') return 'reboot';
  return action === 'shutdown' || action === 'shutdownAgent' ? 'destroy' : null;
}
