import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Network } from '../../../main/contract/network.ts';
import { useHost } from '../../state/inventory.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { changeNetwork } from './dialogs.ts';
import { RateFields } from './sheet/rate-fields.tsx';
import { rateForm, rateOf } from './sheet/form.ts';
import { fillsAnew, sameRates } from './rates.ts';
import { rateProblem } from './sheet/problems.ts';
import classes from './detail.module.css';

/** What may pass between the network and the outside. */
export function RatesTab({ network }: { network: Network }) {
  const { t } = useTranslation(['networks', 'common']);
  const connected = useHost(network.host)?.state === 'connected';
  /** What the fields were filled from: what others change meanwhile is not written over. */
  const [base, setBase] = useState(network);
  const [inbound, setInbound] = useState(rateForm(network.inbound));
  const [outbound, setOutbound] = useState(rateForm(network.outbound));
  const submit = useSubmit(() => undefined);
  const problems = { inbound: rateProblem(inbound), outbound: rateProblem(outbound) };
  const wanted = { inbound: rateOf(inbound), outbound: rateOf(outbound) };
  const same = sameRates(wanted, network);
  if (fillsAnew({ base, now: network, wanted })) {
    setBase(network);
    setInbound(rateForm(network.inbound));
    setOutbound(rateForm(network.outbound));
  }
  return (
    <form
      className={classes['content']}
      onSubmit={(event) => {
        event.preventDefault();
        submit.run(() => changeNetwork(base, wanted));
      }}
    >
      <p className="muted small" style={{ margin: 0, maxWidth: '72ch' }}>
        {t('networks:rates.intro')}
      </p>
      <RateFields
        label={t('networks:rates.inbound')}
        value={inbound}
        problem={problems.inbound}
        onChange={setInbound}
      />
      <RateFields
        label={t('networks:rates.outbound')}
        value={outbound}
        problem={problems.outbound}
        onChange={setOutbound}
      />
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      <div className="row">
        <Button
          type="submit"
          variant="filled"
          loading={submit.busy}
          disabled={!connected || same || problems.inbound !== null || problems.outbound !== null}
        >
          {t('common:save')}
        </Button>
      </div>
    </form>
  );
}
