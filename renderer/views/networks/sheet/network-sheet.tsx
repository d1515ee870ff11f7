import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Network, NetworkSpec } from '../../../../main/contract/network.ts';
import { api } from '../../../api/client.ts';
import { useHosts } from '../../../state/inventory.ts';
import { useHostNetworks } from '../../../state/networks.ts';
import { navigate } from '../../../state/router.ts';
import { SheetFrame } from '../../../ui/sheet-frame.tsx';
import { useReturnFocus } from '../../../ui/landing.ts';
import { useAnswer } from '../../../ui/use-answer.ts';
import { useSheetKeys } from '../../../ui/use-sheet-keys.ts';
import { useSubmit } from '../../../ui/use-submit.ts';
import { writeNetwork } from '../dialogs.ts';
import { specOf } from '../kinds.ts';
import { formOf, ipFormOf, newForm, specOfForm, type NetworkForm } from './form.ts';
import { freeName } from './free-subnet.ts';
import { formProblems } from './problems.ts';
import { SheetFooter } from './sheet-footer.tsx';
import { SheetForm } from './sheet-form.tsx';
import { SheetSummary } from './sheet-summary.tsx';
import { useFreeSubnet } from './use-free-subnet.ts';
import classes from './sheet.module.css';

/** What was typed for a new network and not made, as long as the window lives. */
let draft: NetworkForm | null = null;

/** Makes a network, or edits one: the form, and beside it what will be defined. */
export function NetworkSheet(props: { host: string; network: Network | null; onClose: () => void }) {
  const { network, onClose } = props;
  const { t } = useTranslation('networks');
  const [host, setHost] = useState(props.host);
  const [options, setOptions] = useState({ start: true, autostart: true });
  const [tried, setTried] = useState(false);
  const leave = useReturnFocus();
  const { form, change, startOver, around } = useForm(host, network);
  const problems = formProblems(form, around);
  const spec = specOfForm(form, network === null ? null : specOf(network));
  const preview = usePreview(host, network, problems.size === 0 ? spec : null);
  const doubtful = (preview.value?.problems.length ?? 0) > 0 && problems.size === 0;
  const submit = useSubmit(onClose);
  const save = async (): Promise<void> => {
    if (network !== null) return writeNetwork(network, spec, doubtful);
    const made = await api.network.create({ host, spec, ...options, despite: doubtful });
    draft = null;
    leave();
    navigate({ page: 'networks', view: 'networks', network: { host, uuid: made.uuid } });
  };
  const submitForm = (): void => {
    if (submit.busy) return;
    setTried(true);
    if (problems.size === 0) submit.run(save);
    else focusWrong();
  };
  useSheetKeys([], () => undefined, submitForm);
  const close = (): void => {
    if (network === null && startOver !== null) draft = form;
    onClose();
  };
  return (
    <SheetFrame
      title={network === null ? t('sheet.create') : t('sheet.edit', { name: network.name })}
      size={1160}
      onClose={close}
    >
      <div className={classes['columns']}>
        <SheetForm
          form={form}
          problems={problems}
          showNeeded={tried}
          around={around}
          host={network === null ? { id: host, onChange: setHost } : null}
          onChange={change}
        />
        <SheetSummary form={form} preview={preview} hasProblems={problems.size > 0} />
      </div>
      <SheetFooter
        isNew={network === null}
        options={options}
        onOptions={setOptions}
        submit={submit}
        against={preview.value?.problems ?? []}
        doubtful={doubtful}
        problems={[...problems.values()].filter(({ key }) => tried || key !== 'needed').length}
        onWrong={focusWrong}
        onStartOver={network === null ? startOver : null}
        onCancel={close}
        onSave={submitForm}
      />
    </SheetFrame>
  );
}

/** Leads to the first field that is said to be wrong, as soon as that is drawn. */
function focusWrong(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('[role=dialog] [aria-invalid=true]')?.focus(),
  );
}

/** The form from the draft, the network, or defaults that work: a free name, and a free subnet as soon as one is known. */
function useForm(host: string, network: Network | null) {
  const known = useHostNetworks(host);
  const hosts = useHosts();
  const around = {
    hosts,
    networks: known.networks.filter(({ uuid }) => uuid !== network?.uuid),
    interfaces: known.interfaces,
  };
  const [typed, setTyped] = useState<NetworkForm | null>(() => (network === null ? draft : null));
  const suggested = useFreeSubnet(host, known.networks, network === null && typed === null);
  const form = typed ?? (network === null ? defaults(known.networks, suggested) : formOf(specOf(network)));
  const change = (part: Partial<NetworkForm>): void =>
    setTyped((before) => ({ ...(before ?? form), ...part }));
  const startOver =
    typed === null
      ? null
      : (): void => {
          draft = null;
          setTyped(null);
        };
  return { form, change, startOver, around };
}

function defaults(networks: readonly Network[], suggested: string | null): NetworkForm {
  const form = newForm(freeName(networks));
  return suggested === null ? form : { ...form, ips: [ipFormOf(suggested)] };
}

/** `spec` null: there is something wrong with it already, and the core need not be asked. */
function usePreview(host: string, network: Network | null, spec: NetworkSpec | null) {
  const text = spec === null ? '' : JSON.stringify(spec);
  const [asked] = useDebouncedValue({ text, spec }, 200);
  const uuid = network === null ? {} : { uuid: network.uuid };
  return useAnswer(
    (signal) =>
      asked.spec === null
        ? Promise.resolve({ xml: '', problems: [] })
        : api.network.preview({ host, spec: asked.spec, ...uuid }, { signal }),
    { subject: host, version: asked.text, enabled: asked.spec !== null },
  );
}
