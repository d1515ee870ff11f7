import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { useHost, useHosts } from '../../state/inventory.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { useReturnFocus } from '../../ui/landing.ts';
import { SheetFrame } from '../../ui/sheet-frame.tsx';
import { useAnswer } from '../../ui/use-answer.ts';
import { useSubmit } from '../../ui/use-submit.ts';
import classes from '../create/create.module.css';
import { Fields, Note } from '../sheet/cards.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { LeftMeter, Summary, Warnings } from '../sheet/summary-parts.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { Wizard } from '../sheet/wizard.tsx';
import { Moving, type Moved } from '../migrate/moving.tsx';
import { StaysSection, staysWords } from '../migrate/stays.tsx';
import {
  dropDraft,
  memoryTaken,
  movesOf,
  readDraft,
  replacedBy,
  saveDraft,
  staysOf,
  targetOf,
  type EvacuateForm,
} from './form.ts';
import { MachinesSection, type EvacuatePart } from './machines-section.tsx';

type Section = 'machines' | 'way';
const SECTIONS = ['machines', 'way'] as const;
const MAX_AT_ONCE = 20;

/** Empties a host: where each machine goes, shown before, and after the last click the jobs. */
export function EvacuateWizard({ host, onClose }: { host: string; onClose: () => void }) {
  const { t } = useTranslation('evacuate');
  const [moved, setMoved] = useState<Moved | null>(null);
  const [form, setForm] = useState(() => readDraft(host));
  const leave = useReturnFocus();
  useEffect(() => {
    if (moved === null) saveDraft(form);
    else dropDraft();
  }, [form, moved]);
  const name = useHost(host)?.name ?? '';
  const change = (part: Partial<EvacuateForm>): void => setForm((before) => ({ ...before, ...part }));
  return (
    <SheetFrame title={t('title', { name })} onClose={onClose}>
      {moved === null ? (
        <Sheet form={form} change={change} onMoved={setMoved} onClose={onClose} />
      ) : (
        <Moving moved={moved} onBack={() => setMoved(null)} onLeave={leave} onClose={onClose} />
      )}
    </SheetFrame>
  );
}

function Sheet(props: {
  form: EvacuateForm;
  change: (part: Partial<EvacuateForm>) => void;
  onMoved: (moved: Moved) => void;
  onClose: () => void;
}) {
  const { form, change, onMoved, onClose } = props;
  const { host } = form;
  const { t } = useTranslation(['evacuate', 'common', 'hosts']);
  const [section, setSection] = useState<Section>('machines');
  const connected = useHost(host)?.state === 'connected';
  const others = useHosts().filter(({ id }) => id !== host);
  const targets = others.filter(({ state }) => state === 'connected');
  const [atFirst] = useState(() => targets.map(({ id }) => id));
  const lost = others.filter(({ id, state }) => state !== 'connected' && atFirst.includes(id));
  const answer = useAnswer((signal) => api.migrate.evacuation({ host, to: [] }, { signal }), {
    subject: host,
    version: targets.map(({ id }) => id).join(' '),
    enabled: connected,
  });
  const plan = answer.value;
  const moves = plan === null ? [] : movesOf(form, plan);
  const ready = connected && moves.length > 0 && !answer.loading;
  const submit = useSubmit(() => undefined, form);
  const run = (): void => {
    if (!ready || submit.busy || plan === null) return;
    submit.run(async () => {
      const { job } = await api.migrate.evacuate({ host, moves, atOnce: form.atOnce });
      const nameOf = (uuid: string): string => plan.machines.find((one) => one.uuid === uuid)?.name ?? uuid;
      const left = staysOf(form, plan);
      const machines = moves.map(({ uuid, to }) => ({
        uuid,
        name: nameOf(uuid),
        from: host,
        to,
        left: (left.get(uuid) ?? []).map(staysWords),
      }));
      onMoved({ job, machines, networks: {} });
    });
  };
  const digests: Record<Section, string> = {
    machines: plan === null ? '' : t('evacuate:digest.count', { count: moves.length }),
    way: t('evacuate:digest.atOnce', { count: form.atOnce }),
  };
  const again = (): void => {
    submit.forget();
    answer.reload();
  };
  const part: EvacuatePart = { form, plan, change, again };
  return (
    <Wizard
      sections={SECTIONS.map((id) => ({
        id,
        title: t(`evacuate:section.${id}`),
        digest: digests[id],
        state: plan === null ? ('later' as const) : ('done' as const),
      }))}
      current={section}
      onSection={setSection}
      onSubmit={run}
      body={null}
      summary={<EvacuateSummary part={part} onWay={() => setSection('way')} />}
      failure={submit.failure}
      footer={
        <>
          <span className="spacer" />
          <Button onClick={onClose}>{t('common:close')}</Button>
          <Button variant="filled" disabled={!ready} loading={submit.busy} onClick={run}>
            {t('evacuate:do', { count: moves.length })}
          </Button>
        </>
      }
    >
      {answer.failure !== null && (
        <FailureView failure={answer.failure}>
          <Button size="compact-xs" onClick={again}>
            {t('hosts:tryAgain')}
          </Button>
        </FailureView>
      )}
      {lost.length > 0 && (
        <Note tone="warn">
          {t('lost', { count: lost.length, hosts: lost.map(({ name }) => name).join(', ') })}
        </Note>
      )}
      {section === 'machines' ? <MachinesSection {...part} /> : <WaySection {...part} />}
    </Wizard>
  );
}

function WaySection({ form, change }: EvacuatePart) {
  const { t } = useTranslation(['evacuate', 'migrate']);
  return (
    <>
      <Fields>
        <CountField
          label={t('atOnce')}
          description={t('atOnceHelp')}
          value={form.atOnce}
          max={MAX_AT_ONCE}
          onChange={(atOnce) => change({ atOnce: Math.min(MAX_AT_ONCE, Math.max(1, atOnce)) })}
        />
      </Fields>
      <SwitchField
        label={t('deleteSource')}
        description={t('deleteSourceHelp')}
        checked={form.deleteSource}
        onChange={(deleteSource) => change({ deleteSource })}
      />
      <SwitchField
        label={t('migrate:way.unsafe')}
        description={t('migrate:way.unsafeHelp')}
        checked={form.unsafe}
        onChange={(unsafe) => change({ unsafe })}
      />
    </>
  );
}

function EvacuateSummary({ part: { form, plan }, onWay }: { part: EvacuatePart; onWay: () => void }) {
  const { t } = useTranslation(['evacuate', 'create']);
  const hosts = useHosts();
  const nameOf = (id: string): string => hosts.find((host) => host.id === id)?.name ?? id;
  const machines = plan?.machines ?? [];
  const stays = machines.filter((machine) => targetOf(form, machine) === null);
  const goes = machines.length - stays.length;
  const isEmpty = plan !== null && machines.length === 0;
  const cannot = stays.filter(({ to }) => to === null);
  return (
    <Summary label={t('create:summary.title')}>
      <section>
        <h3>{t('evacuate:title', { name: nameOf(form.host) })}</h3>
        <dl className={classes['made']}>
          <dt>{t('evacuate:summary.from')}</dt>
          <dd>{nameOf(form.host)}</dd>
          {!isEmpty && (
            <>
              <dt>{t('evacuate:summary.goes')}</dt>
              <dd>{goes}</dd>
              <dt>{t('evacuate:summary.stays')}</dt>
              <dd>{stays.length === 0 ? '0' : stays.map(({ name }) => name).join(', ')}</dd>
            </>
          )}
        </dl>
      </section>
      <Warnings
        warnings={cannot.map(({ name, targets }) => {
          const why = targets[0]?.reasons[0] ?? t('evacuate:cannot');
          return why.includes(name) ? why : `${name}: ${why}`;
        })}
      />
      {plan !== null && (
        <StaysSection
          stays={[{ host: form.host, volumes: [...staysOf(form, plan).values()].flat() }]}
          replaces={replacedBy(form, plan)}
          onChoose={onWay}
        />
      )}
      {plan?.hosts.map(({ host, memoryTotalBytes, memoryFreeBytes }) => {
        const taken = memoryTaken(form, plan, host);
        if (memoryTotalBytes === null || memoryFreeBytes === null || taken === 0) return null;
        return (
          <LeftMeter
            key={host}
            label={t('evacuate:summary.memory', { host: nameOf(host) })}
            total={memoryTotalBytes}
            free={memoryFreeBytes}
            taken={taken}
          />
        );
      })}
      {goes > 0 && (
        <p className="muted small" style={{ margin: 0 }}>
          {t('evacuate:summary.kept')}
        </p>
      )}
    </Summary>
  );
}
