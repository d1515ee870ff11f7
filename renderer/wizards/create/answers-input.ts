import type { CreateOptions } from '../../../main/contract/create.ts';
import type { Unattended } from '../../../main/contract/unattended.ts';
import { lines, words } from './first-boot-input.ts';
import type { AnswersForm, CreateForm } from './form.ts';

export type AnswersKind = Unattended['kind'];

/** The answers that the installer of the system takes; null: none, or it is not known which system it is. */
export function answersKind(
  { source }: Pick<CreateForm, 'source'>,
  options: CreateOptions | null,
  os: string | null,
): AnswersKind | null {
  const kind = options?.systems.find(({ id }) => id === os)?.unattended ?? null;
  if (source === 'iso') return kind;
  // Installers of Ubuntu and Windows are on ISOs alone.
  return source === 'tree' && (kind === 'preseed' || kind === 'kickstart') ? kind : null;
}

/** What the installer is told, of what was typed; null: a person answers it. */
export function answersOf(form: CreateForm, options: CreateOptions, os: string | null): Unattended | null {
  const { answers } = form;
  const kind = answersKind(form, options, os);
  if (kind === null || !answers.on) return null;
  if (kind === 'autounattend')
    return {
      kind,
      computerName: orNull(answers.hostname),
      user:
        answers.user.trim() === '' ? null : { name: answers.user.trim(), fullName: answers.fullName.trim() },
      password: answers.password,
      timezone: zoneOf(answers),
      language: answers.language.trim(),
      region: answers.region.trim(),
      edition: answers.edition,
      productKey: orNull(answers.productKey),
      remoteDesktop: answers.remoteDesktop,
    };
  const told = {
    hostname: orNull(answers.hostname),
    user: {
      name: answers.user.trim(),
      fullName: answers.fullName.trim(),
      password: answers.password,
      sshKeys: answerKeys(answers, options),
    },
    timezone: zoneOf(answers),
    locale: answers.locale.trim(),
    keyboard: answers.keyboard.trim(),
    packages: words(answers.packages),
  };
  switch (kind) {
    case 'preseed':
      return { kind, ...told, mirror: orNull(answers.mirror) };
    case 'kickstart':
      return { kind, ...told, tree: orNull(answers.mirror) };
    case 'autoinstall':
      return { kind, ...told };
  }
}

function answerKeys({ keys, moreKeys }: AnswersForm, options: CreateOptions): string[] {
  const chosen = options.sshKeys.filter(({ label }) => keys?.includes(label) ?? true);
  return [...new Set([...chosen.map(({ key }) => key), ...lines(moreKeys)])];
}

/** Of this computer, unless another was said. */
export function zoneOf({ timezone }: Pick<AnswersForm, 'timezone'>): string {
  return timezone.trim() === '' ? ownZone() : timezone.trim();
}

function ownZone(): string {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === '' ? 'UTC' : zone;
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
