import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MigrateFix } from '../../../main/contract/migrate.ts';
import { api } from '../../api/client.ts';
import { useHostNetworks, useNetworksWatch } from '../../state/networks.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { BASELINE } from './form.ts';
import type { MigratePart } from './sections.ts';
import type { Move } from './use-migrate.ts';

/** What mends an item at a click. Networks and pools have fields of their own (fix-fields.tsx). */
export function FixButton({ part, move, fix }: { part: MigratePart; move: Move; fix: MigrateFix }) {
  switch (fix.kind) {
    case 'way':
      return <WayButton part={part} fix={fix} />;
    case 'eject':
      return <EjectButton part={part} move={move} fix={fix} />;
    case 'cpu':
      return <CpuButton part={part} move={move} fix={fix} />;
    case 'startNetwork':
      return <StartNetworkButton move={move} fix={fix} onDone={part.answer.again} />;
    case 'network':
    case 'pool':
      return null;
  }
}

type Fix<K extends MigrateFix['kind']> = Extract<MigrateFix, { kind: K }>;

function WayButton({ part, fix: { via } }: { part: MigratePart; fix: Fix<'way'> }) {
  const { t } = useTranslation('migrate');
  return (
    <Button size="compact-xs" onClick={() => part.change({ via })}>
      {t(`checks.${via}`)}
    </Button>
  );
}

function StartNetworkButton(props: { move: Move; fix: Fix<'startNetwork'>; onDone: () => void }) {
  const { move, fix, onDone } = props;
  const { t } = useTranslation('migrate');
  const { to: host } = move.input;
  useNetworksWatch([host]);
  const network = useHostNetworks(host).networks.find(({ name }) => name === fix.name);
  const submit = useSubmit(onDone);
  return (
    <>
      <Button
        size="compact-xs"
        aria-label={t('checks.startNetworkOf', { name: fix.name })}
        disabled={network === undefined}
        loading={submit.busy}
        onClick={() =>
          network !== undefined && submit.run(() => api.network.start({ host, uuid: network.uuid }))
        }
      >
        {t('checks.startNetwork')}
      </Button>
      {submit.failure !== null && (
        <div style={{ gridColumn: '2 / -1' }}>
          <FailureView failure={submit.failure} />
        </div>
      )}
    </>
  );
}

function EjectButton({ part, move, fix }: { part: MigratePart; move: Move; fix: Fix<'eject'> }) {
  const { t } = useTranslation('migrate');
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button size="compact-xs" onClick={() => setAsks(true)}>
        {t('checks.eject', { name: fileOf(fix.path) })}…
      </Button>
      {asks && (
        <EjectDialog move={move} fix={fix} onDone={part.answer.again} onClose={() => setAsks(false)} />
      )}
    </>
  );
}

const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function EjectDialog(props: { move: Move; fix: Fix<'eject'>; onDone: () => void; onClose: () => void }) {
  const { move, fix, onDone, onClose } = props;
  const { t } = useTranslation(['migrate', 'common']);
  const { host, uuid, name: machine } = move.domain;
  const { target, path } = fix;
  const name = fileOf(path);
  const submit = useSubmit(() => {
    onDone();
    onClose();
  });
  return (
    <Dialog title={t('migrate:checks.ejectTitle', { name })} onClose={onClose} zIndex={300}>
      <p>{t('migrate:checks.ejectText', { path, target, machine })}</p>
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      <DialogButtons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button
          variant="filled"
          data-autofocus
          loading={submit.busy}
          onClick={() => submit.run(() => api.domain.eject({ host, uuid, target }))}
        >
          {t('migrate:checks.eject', { name })}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}

/** The CPU of one that runs stays until it is off: then the move is looked at anew, with the CPU that both hosts have. */
function CpuButton({ part, move, fix }: { part: MigratePart; move: Move; fix: Fix<'cpu'> }) {
  const { t } = useTranslation('migrate');
  const [asks, setAsks] = useState(false);
  const { model, shutDown } = fix;
  const { uuid } = move.domain;
  const choose = (): void => part.change({ cpus: { ...part.form.cpus, [uuid]: BASELINE } });
  return (
    <>
      <Button size="compact-xs" onClick={shutDown ? () => setAsks(true) : choose}>
        {shutDown ? t('checks.shutDown') : t('checks.useCpu', { model })}
      </Button>
      {asks && <ShutDownDialog move={move} model={model} onDone={choose} onClose={() => setAsks(false)} />}
    </>
  );
}

function ShutDownDialog(props: { move: Move; model: string; onDone: () => void; onClose: () => void }) {
  const { move, model, onDone, onClose } = props;
  const { t } = useTranslation(['migrate', 'common']);
  const { host, uuid, name } = move.domain;
  const submit = useSubmit(() => {
    onDone();
    onClose();
  });
  return (
    <Dialog title={t('migrate:checks.shutDownTitle', { name })} onClose={onClose} zIndex={300}>
      <p>{t('migrate:checks.shutDownText', { model })}</p>
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      <DialogButtons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button
          variant="filled"
          data-autofocus
          loading={submit.busy}
          onClick={() => submit.run(() => api.domain.shutdown({ host, uuid }))}
        >
          {t('migrate:checks.shutDownDo')}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
