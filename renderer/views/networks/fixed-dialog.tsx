import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DhcpHost, Network } from '../../../main/contract/network.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { SearchSelect } from './search-select.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { changeNetwork } from './dialogs.ts';
import { fixedProblems } from './fixed-problems.ts';
import { withFixed } from './with-fixed.ts';

/** One address that DHCP gives always to the same card. Holds at once, where the network runs. */
export function FixedDialog(props: {
  network: Network;
  before: DhcpHost | null;
  fill?: DhcpHost;
  onClose: () => void;
}) {
  const { network, before, onClose } = props;
  const { t } = useTranslation(['networks', 'common']);
  const first = before ?? props.fill;
  const [ip, setIp] = useState(first?.ip ?? '');
  const [card, setCard] = useState(first?.mac ?? first?.id ?? '');
  const [name, setName] = useState(first?.name ?? '');
  const [tried, setTried] = useState(false);
  const submit = useSubmit(onClose);
  const isV6 = ip.includes(':');
  const problems = fixedProblems(network, { ip, card, name }, before);
  const said = (field: 'ip' | 'card' | 'name', value: string): string | null => {
    const problem = problems[field];
    return problem === undefined || (value === '' && !tried) ? null : t(`networks:fixed.problem.${problem}`);
  };
  const save = (): void => {
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    const key = card.trim().toLowerCase() || null;
    const after: DhcpHost = {
      ip: ip.trim(),
      mac: isV6 ? null : key,
      id: isV6 ? key : null,
      name: name.trim() || null,
    };
    submit.run(() => changeNetwork(network, { ips: withFixed(network.ips, before, after) }));
  };
  return (
    <Dialog title={t(before === null ? 'networks:fixed.add' : 'networks:fixed.change')} onClose={onClose}>
      <form
        style={{ display: 'grid', gap: 12 }}
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextInput
          label={t('networks:fixed.ip')}
          description={t('networks:fixed.ipHelp', {
            own: network.ips.map(({ address, prefix }) => `${address}/${prefix}`).join(', '),
          })}
          value={ip}
          error={said('ip', ip)}
          spellCheck={false}
          data-autofocus
          onChange={(event) => setIp(event.currentTarget.value)}
        />
        <SearchSelect
          label={t(isV6 ? 'networks:fixed.duid' : 'networks:fixed.mac')}
          description={t(isV6 ? 'networks:fixed.duidHelp' : 'networks:fixed.macHelp')}
          value={card}
          error={said('card', card)}
          onChange={setCard}
          options={isV6 ? [] : network.users.map((user) => ({ value: user.mac, note: user.name }))}
        />
        <TextInput
          label={t('networks:fixed.name')}
          description={t('networks:fixed.nameHelp')}
          value={name}
          error={said('name', name)}
          spellCheck={false}
          onChange={(event) => setName(event.currentTarget.value)}
        />
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
