import { Checkbox, PasswordInput, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { BALANCER_TEMPLATE } from '../../../main/contract/balancer-template.ts';
import { templateWay } from '../../../main/contract/template-way.ts';
import { BackendsField } from '../balancer/backends-field.tsx';
import { Cards, Checks, Fields, Group, Note } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { AnswersSection } from './answers-section.tsx';
import { FirstBootMore } from './first-boot-more.tsx';
import { cloudInitOf, shortKey, userOf } from './first-boot-input.ts';
import type { FirstBootForm } from './form.ts';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import { softwareOf } from './template-software.ts';

const NO_TEMPLATE = 'none';

/** What the image is told at its first boot, by cloud-init. */
export function FirstBootSection(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, change } = part;
  const { firstBoot } = form;
  if (form.source === 'iso' || form.source === 'tree') return <AnswersSection {...part} />;
  if (form.source !== 'cloudImage') return <Note>{t('firstBoot.notHere')}</Note>;
  const set = (next: Partial<FirstBootForm>): void => change({ firstBoot: { ...firstBoot, ...next } });
  const said = saidAt(part.problems, 'source.cloudInit');
  return (
    <>
      <SwitchField
        label={t('firstBoot.on')}
        description={t('firstBoot.onHelp')}
        checked={firstBoot.on}
        onChange={(on) => set({ on })}
      />
      <Wrong said={said} />
      {firstBoot.on && (
        <>
          <Login part={part} set={set} />
          <Templates part={part} />
          <FirstBootMore part={part} set={set} />
        </>
      )}
    </>
  );
}

export interface FirstBootProps {
  readonly part: PartProps;
  readonly set: (next: Partial<FirstBootForm>) => void;
}

function Login({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  const { form, options } = part;
  const { firstBoot } = form;
  const user = userOf(form, options);
  return (
    <Group title={t('firstBoot.login')}>
      <Fields>
        <TextInput
          label={t('firstBoot.user')}
          description={t('firstBoot.userHelp')}
          value={firstBoot.user ?? user}
          error={saidAt(part.problems, 'source.cloudInit.user')}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => set({ user: event.currentTarget.value })}
        />
        <PasswordInput
          label={t('firstBoot.password')}
          description={t('firstBoot.passwordHelp')}
          value={firstBoot.password}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('firstBoot.showPassword') }}
          onChange={(event) => set({ password: event.currentTarget.value })}
        />
      </Fields>
      <Keys part={part} set={set} />
      {firstBoot.password !== '' && (
        <SwitchField
          label={t('firstBoot.sshPasswords')}
          checked={firstBoot.sshPasswords}
          onChange={(sshPasswords) => set({ sshPasswords })}
        />
      )}
      {!canLogIn(part) && (
        <Note tone="warn">{t(user === '' ? 'firstBoot.nobody' : 'firstBoot.noLogin', { user })}</Note>
      )}
    </Group>
  );
}

/** Is there a user with a key or a password? */
function canLogIn({ form, options }: PartProps): boolean {
  const told = cloudInitOf(form, options);
  return told?.users.some(({ sshKeys, password }) => sshKeys.length > 0 || password !== null) ?? false;
}

function Keys({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  const { form, options } = part;
  const { keys, moreKeys } = form.firstBoot;
  const chosen = keys ?? options.sshKeys.map(({ label }) => label);
  return (
    <>
      {options.sshKeys.length > 0 && (
        <Checkbox.Group
          label={t('firstBoot.keys')}
          value={[...chosen]}
          onChange={(next) => set({ keys: next })}
        >
          <div style={{ paddingTop: 6 }}>
            <Checks>
              {options.sshKeys.map(({ label, key }) => (
                <Checkbox key={label} value={label} label={label} description={shortKey(key)} />
              ))}
            </Checks>
          </div>
        </Checkbox.Group>
      )}
      <Textarea
        size="xs"
        label={t(options.sshKeys.length > 0 ? 'firstBoot.moreKeys' : 'firstBoot.keysText')}
        placeholder="ssh-ed25519 AAAA…"
        value={moreKeys}
        rows={2}
        spellCheck={false}
        onChange={(event) => set({ moreKeys: event.currentTarget.value })}
      />
    </>
  );
}

/** A machine made ready: what it installs and runs goes into the fields, where it can be changed. */
function Templates({ part }: { part: PartProps }) {
  const { t } = useTranslation('create');
  const { t: tb } = useTranslation('balancer');
  const { form, options, spec, change } = part;
  const { os } = part.detection;
  const choose = (id: string): void => {
    const template = options.templates.find((one) => one.id === id);
    const way = template === undefined ? null : templateWay(template, os);
    const { memory } = spec;
    change({
      firstBoot: {
        ...form.firstBoot,
        template: template === undefined ? '' : id,
        ...softwareOf(way),
      },
      ...(template === undefined || template.memoryMiB <= memory.sizeMiB
        ? {}
        : { edits: { ...form.edits, memory: { ...memory, sizeMiB: template.memoryMiB } } }),
    });
  };
  return (
    <Group title={t('firstBoot.template')}>
      <Cards
        small
        label={t('firstBoot.template')}
        cards={[
          { value: NO_TEMPLATE, title: t('firstBoot.noTemplate'), text: t('firstBoot.noTemplateText') },
          ...options.templates.map((template) => ({
            value: template.id,
            title: template.name,
            text: template.description,
            unavailable: templateWay(template, os) === null ? t('firstBoot.templateOn', template) : null,
          })),
        ]}
        value={form.firstBoot.template === '' ? NO_TEMPLATE : form.firstBoot.template}
        onChange={choose}
      />
      <Wrong said={saidAt(part.problems, 'source.template')} />
      {form.firstBoot.template === BALANCER_TEMPLATE && (
        <Group title={tb('behind')}>
          <Note>{tb('behindHelp')}</Note>
          <BackendsField
            value={form.firstBoot.backends}
            onChange={(backends) => change({ firstBoot: { ...form.firstBoot, backends } })}
          />
        </Group>
      )}
    </Group>
  );
}
