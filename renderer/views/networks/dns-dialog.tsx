import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Network, NetworkSpec } from '../../../main/contract/network.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { changeNetwork } from './dialogs.ts';
import { parseIp } from './ip.ts';
import { isDnsName } from './sheet/problems.ts';

type DnsEntry = NetworkSpec['dnsHosts'][number];

/** The names of one address. */
export function DnsDialog(props: { network: Network; before: DnsEntry | null; onClose: () => void }) {
  const { network, before, onClose } = props;
  const { t } = useTranslation(['networks', 'common']);
  const [ip, setIp] = useState(before?.ip ?? '');
  const [text, setText] = useState(before?.names.join(' ') ?? '');
  const [tried, setTried] = useState(false);
  const submit = useSubmit(onClose);
  const others = network.dnsHosts.filter((one) => one !== before);
  const names = text.split(/[\s,]+/).filter(Boolean);
  const ipProblem =
    parseIp(ip.trim()) === null ? 'badIp' : others.some((one) => one.ip === ip.trim()) ? 'ipTaken' : null;
  const nameProblem = names.length === 0 ? 'needName' : names.every(isDnsName) ? null : 'badName';
  const save = (): void => {
    setTried(true);
    if (ipProblem !== null || nameProblem !== null) return;
    const after = { ip: ip.trim(), names };
    const at = before === null ? -1 : network.dnsHosts.indexOf(before);
    const dnsHosts = at < 0 ? [...network.dnsHosts, after] : network.dnsHosts.with(at, after);
    submit.run(() => changeNetwork(network, { dnsHosts }));
  };
  return (
    <Dialog title={t(before === null ? 'networks:dns.add' : 'networks:dns.change')} onClose={onClose}>
      <form
        style={{ display: 'grid', gap: 12 }}
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextInput
          label={t('networks:dns.ip')}
          value={ip}
          spellCheck={false}
          data-autofocus
          error={ipProblem !== null && (tried || ip !== '') ? t(`networks:dns.${ipProblem}`) : null}
          onChange={(event) => setIp(event.currentTarget.value)}
        />
        <TextInput
          label={t('networks:dns.names')}
          description={t('networks:dns.namesHelp')}
          value={text}
          spellCheck={false}
          error={nameProblem !== null && (tried || text !== '') ? t(`networks:dns.${nameProblem}`) : null}
          onChange={(event) => setText(event.currentTarget.value)}
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
