import { Button, Loader } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MigrateFix } from '../../../main/contract/migrate.ts';
import { api } from '../../api/client.ts';
import { useHostNetworks, useNetworksWatch } from '../../state/networks.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { BASELINE, withDisks } from './form.ts';
import classes from './migrate.module.css';
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
    case 'disk':
      return <DiskButton part={part} move={move} fix={fix} />;
    case 'shared':
      return <SharedButtons part={part} move={move} fix={fix} />;
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

function DiskButton({ part, move, fix }: { part: MigratePart; move: Move; fix: Fix<'disk'> }) {
  const { t } = useTranslation('migrate');
  const { target: name, way } = fix;
  return (
    <Button
      size="compact-xs"
      onClick={() => part.change(withDisks(part.form, move.domain.uuid, { [name]: way }))}
    >
      {t(way === 'copy' ? 'checks.copyDisk' : 'checks.shareDisk', { name })}
    </Button>
  );
}

function SharedButtons({ part, move, fix }: { part: MigratePart; move: Move; fix: Fix<'shared'> }) {
  const { t } = useTranslation('migrate');
  const all = <W extends 'copy' | 'share'>(way: W) =>
    withDisks(part.form, move.domain.uuid, Object.fromEntries(fix.targets.map((target) => [target, way])));
  return (
    <span className={classes['fixes']}>
      <Button size="compact-xs" onClick={() => part.change(all('share'))}>
        {t('checks.oneStorage')}
      </Button>
      <Button size="compact-xs" onClick={() => part.change(all('copy'))}>
        {t('checks.copyDisk', { name: fix.targets.join(', ') })}
      </Button>
    </span>
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
        disabled={network === undefined}
        // Not `loading`, which would take the keyboard from it.
        aria-disabled={submit.busy}
        leftSection={submit.busy ? <Loader size={12} color="currentColor" /> : null}
        onClick={() => {
          if (network === undefined || submit.busy) return;
          submit.run(() => api.network.start({ host, uuid: network.uuid }));
        }}
      >
        {t('checks.startNetwork', { name: fix.name })}
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
  const { move, fix, ...rest } = props;
  const { t } = useTranslation('migrate');
  const { host, uuid, name: machine } = move.domain;
  const { target, path } = fix;
  const name = fileOf(path);
  return (
    <ActDialog
      title={t('checks.ejectTitle', { name })}
      text={t('checks.ejectText', { path, target, machine })}
      button={t('checks.eject', { name })}
      act={() => api.domain.eject({ host, uuid, target })}
      {...rest}
    />
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
  const { move, model, ...rest } = props;
  const { t } = useTranslation('migrate');
  const { host, uuid, name } = move.domain;
  return (
    <ActDialog
      title={t('checks.shutDownTitle', { name })}
      text={t('checks.shutDownText', { model })}
      button={t('checks.shutDownDo')}
      act={() => api.domain.shutdown({ host, uuid })}
      {...rest}
    />
  );
}

/** Asks before something is done to the machine; stays open with what went wrong. */
function ActDialog(props: {
  title: string;
  text: string;
  button: string;
  act: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}) {
  const { title, text, button, act, onDone, onClose } = props;
  const { t } = useTranslation('common');
  const submit = useSubmit(() => {
    onDone();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose} zIndex={300}>
      <p>{text}</p>
      {submit.failure !== null && <FailureView failure={submit.failure} />}
      <DialogButtons>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button variant="filled" data-autofocus loading={submit.busy} onClick={() => submit.run(act)}>
          {button}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
