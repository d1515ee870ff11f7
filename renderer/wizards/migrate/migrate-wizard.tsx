import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DomainRef } from '../../../main/contract/domain.ts';
import { shownDisks } from '../../../main/contract/migrate.ts';
import { api } from '../../api/client.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useReturnFocus } from '../../ui/landing.ts';
import { SheetFrame } from '../../ui/sheet-frame.tsx';
import { useSubmit } from '../../ui/use-submit.ts';
import { Note } from '../sheet/cards.tsx';
import { Gone, GoneSummary } from '../sheet/gone.tsx';
import { Wizard } from '../sheet/wizard.tsx';
import { ChecksSection } from './checks-section.tsx';
import { dropDraft, goesAsUsual, readDraft, saveDraft, type MigrateForm } from './form.ts';
import { MigrateSummary } from './migrate-summary.tsx';
import { Moving, type Moved } from './moving.tsx';
import { MIGRATE_SECTIONS, type MigratePart, type MigrateSection } from './sections.ts';
import { staysWords } from './stays.tsx';
import { TargetSection } from './target-section.tsx';
import { useMigrate, type MigrateAnswer } from './use-migrate.ts';
import { refusalOf } from './verdict.ts';
import { VirshView } from './virsh-view.tsx';
import { WaySection } from './way-section.tsx';

/** From machines to machines on another host: the sheet, and after its last click the job. */
export function MigrateWizard(props: {
  machines: readonly DomainRef[];
  /** The host that is chosen already; null: none is. */
  to: string | null;
  /** What their networks become there, as far as that is known before. */
  networks: Readonly<Record<string, string>>;
  onClose: () => void;
}) {
  const { machines, to, networks, onClose } = props;
  const [moved, setMoved] = useState<Moved | null>(null);
  const [form, setForm] = useState(() => readDraft(machines, to, networks));
  const { t } = useTranslation('migrate');
  const leave = useReturnFocus();
  const change = (part: Partial<MigrateForm>): void => setForm((before) => ({ ...before, ...part }));
  useEffect(() => {
    if (moved === null) saveDraft(form);
    else dropDraft();
  }, [form, moved]);
  // What it is called, also when it is gone from its first host.
  const answer = useMigrate(form);
  const first = answer.machines[0]?.name ?? '';
  const [name, setName] = useState(first);
  if (moved === null && first !== '' && first !== name) setName(first);
  // What it met was not known when it was looked at.
  const back = (): void => {
    setMoved(null);
    answer.again();
  };
  const title = machines.length > 1 ? t('titleMany', { count: machines.length }) : t('title', { name });
  return (
    <SheetFrame title={title} onClose={onClose}>
      {moved === null ? (
        <Sheet
          form={form}
          answer={answer}
          change={change}
          title={title}
          name={name}
          onMoved={setMoved}
          onClose={onClose}
        />
      ) : (
        <Moving moved={moved} onBack={back} onLeave={leave} onClose={onClose} />
      )}
    </SheetFrame>
  );
}

function Sheet(props: {
  form: MigrateForm;
  answer: MigrateAnswer;
  change: (part: Partial<MigrateForm>) => void;
  title: string;
  /** Of the first machine. */
  name: string;
  onMoved: (moved: Moved) => void;
  onClose: () => void;
}) {
  const { form, answer, change, title, name, onMoved, onClose } = props;
  const { t } = useTranslation(['migrate', 'common']);
  const [section, setSection] = useState<MigrateSection>('target');
  const [shell, setShell] = useState(false);
  const go = (next: MigrateSection): void => {
    setShell(false);
    setSection(next);
  };
  const [mends, setMends] = useState(0);
  const mend = (): void => {
    go('checks');
    setMends(mends + 1);
  };
  const submit = useSubmit(() => undefined, form);
  const missing = form.machines.length - answer.machines.length;
  const gone = answer.machines.length === 0 ? <AllGone machines={form.machines} name={name} /> : null;
  const again = (): void => {
    submit.forget();
    answer.again();
  };
  const part: MigratePart = { form, answer: { ...answer, again }, change, onGo: go, onMend: mend, mends };
  const run = (): void => {
    if (answer.ready && !submit.busy)
      submit.run(
        async () => onMoved(await start(form, answer)),
        ({ code }) => {
          answer.again();
          if (code === 'BAD_INPUT') mend();
          return false;
        },
      );
  };
  return (
    <Wizard
      sections={useSections(part)}
      current={section}
      onSection={go}
      onSubmit={run}
      body={shell && gone === null ? <VirshView part={part} onBack={() => setShell(false)} /> : null}
      summary={
        gone === null ? (
          <MigrateSummary part={part} title={title} shell={shell} onShell={() => setShell(!shell)} />
        ) : (
          <GoneSummary />
        )
      }
      failure={submit.failure === null ? null : refusalOf(submit.failure)}
      footer={
        <>
          <span className="spacer" />
          <Button onClick={onClose}>{t('common:close')}</Button>
          <Button variant="filled" disabled={!answer.ready} loading={submit.busy} onClick={run}>
            {form.machines.length > 1 ? t('migrate:doMany', { count: answer.able.length }) : t('migrate:do')}
          </Button>
        </>
      }
    >
      {gone ?? (
        <>
          {missing > 0 && <Note tone="warn">{t('migrate:goneSome', { count: missing })}</Note>}
          <Current section={section} part={part} />
        </>
      )}
    </Wizard>
  );
}

function AllGone({ machines, name }: { machines: readonly DomainRef[]; name: string }) {
  const { t } = useTranslation('migrate');
  const [only] = machines;
  if (only === undefined || machines.length > 1) return <Note tone="warn">{t('goneSeveral')}</Note>;
  return (
    <Gone
      machine={only}
      name={name}
      onElsewhere={(there) => openDialog({ kind: 'migrate', machines: [there] })}
    />
  );
}

function Current({ section, part }: { section: MigrateSection; part: MigratePart }) {
  switch (section) {
    case 'target':
      return <TargetSection {...part} />;
    case 'checks':
      return <ChecksSection {...part} />;
    case 'way':
      return <WaySection {...part} />;
  }
}

async function start(form: MigrateForm, { able }: MigrateAnswer): Promise<Moved> {
  const to = form.to ?? '';
  const machines = able.map(({ domain, check }) => ({
    uuid: domain.uuid,
    name: domain.name,
    from: domain.host,
    to,
    left: (check.plan?.stays ?? []).map(staysWords),
  }));
  const moves = able.map(({ input, check }) =>
    check.plan === null ? input : { ...input, shown: shownDisks(check.plan) },
  );
  const [only] = moves;
  const { job } =
    only !== undefined && moves.length === 1
      ? await api.migrate.run(only)
      : await api.migrate.runMany({ moves, atOnce: form.atOnce });
  return { job, machines, networks: form.networks };
}

function useSections({ form, answer }: MigratePart) {
  const { t } = useTranslation('migrate');
  const { chosen, moves } = answer;
  const items = moves.flatMap(({ check }) => check.plan?.items ?? []);
  const stops = items.filter(({ level }) => level === 'stop').length;
  const warns = items.filter(({ level }) => level === 'warn').length;
  const checks =
    stops > 0
      ? t('digest.stops', { count: stops })
      : warns > 0
        ? t('digest.warns', { count: warns })
        : items.length > 0
          ? t('digest.fine')
          : '';
  const digests: Record<MigrateSection, string> = {
    target: chosen?.host.name ?? t('digest.none'),
    checks,
    way: t(goesAsUsual(form) ? 'digest.usual' : 'digest.chosen'),
  };
  const states = {
    target: chosen === null ? ('later' as const) : ('done' as const),
    checks: stops > 0 ? ('wrong' as const) : items.length > 0 ? ('done' as const) : ('later' as const),
    way: answer.machines.length === 0 ? ('later' as const) : ('done' as const),
  };
  return MIGRATE_SECTIONS.map((id) => ({
    id,
    title: t(`section.${id}`),
    digest: digests[id],
    state: states[id],
  }));
}
