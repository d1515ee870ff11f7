import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Network, PortGroup } from '../../../main/contract/network.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { changeNetwork } from './dialogs.ts';
import { kindOf } from './kinds.ts';
import { NEW_PORT_GROUP, portGroupForm, portGroupOf } from './sheet/form.ts';
import { PortGroupFields } from './sheet/port-group-fields.tsx';
import { portGroupProblems } from './sheet/problems.ts';

/** One port group: added or changed at once. */
export function PortGroupDialog(props: { network: Network; before: PortGroup | null; onClose: () => void }) {
  const { network, before, onClose } = props;
  const { t } = useTranslation(['networks', 'common']);
  const [form, setForm] = useState(before === null ? NEW_PORT_GROUP : portGroupForm(before));
  const [tried, setTried] = useState(false);
  const submit = useSubmit(onClose);
  const kind = kindOf(network);
  const others = network.portGroups.filter((group) => group !== before);
  const problems = portGroupProblems(form, kind, others);
  const save = (): void => {
    setTried(true);
    if (problems.size > 0) return;
    const after = portGroupOf(form, before);
    const at = before === null ? -1 : network.portGroups.indexOf(before);
    const portGroups = at < 0 ? [...network.portGroups, after] : network.portGroups.with(at, after);
    submit.run(() => changeNetwork(network, { portGroups }));
  };
  return (
    <Dialog
      title={t(before === null ? 'networks:portGroups.add' : 'networks:portGroups.change')}
      size={520}
      onClose={onClose}
    >
      <form
        style={{ display: 'grid', gap: 12 }}
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <PortGroupFields value={form} kind={kind} problems={problems} showNeeded={tried} onChange={setForm} />
        {submit.failure !== null && <FailureView failure={submit.failure} />}
        <DialogButtons>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="filled" loading={submit.busy}>
            {t('common:save')}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
