import type { CloudInit } from '../../../main/contract/cloud-init.ts';
import type { CreateOptions } from '../../../main/contract/create.ts';
import type { TemplateInput } from '../../../main/contract/template.ts';
import { likeDraft } from './like-draft.ts';

/** What is chosen in the sheet. Null: as the template has it. */
export interface TemplateForm {
  readonly host: string;
  readonly template: string;
  readonly name: string;
  readonly count: number;
  readonly disks: TemplateInput['disks'];
  readonly pool: string | null;
  readonly sizeBytes: number | null;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  /** Null: as it was with the template. */
  readonly firstBoot: boolean | null;
  readonly user: string;
  readonly password: string;
  /** The draft that this comes from was written without it. */
  readonly passwordForgotten: boolean;
  /** Labels; null: all of this computer. */
  readonly keys: readonly string[] | null;
  readonly start: boolean;
  readonly autostart: boolean;
}

export function newTemplateForm(host: string, template: string, name: string): TemplateForm {
  return {
    host,
    template,
    name,
    count: 1,
    disks: 'link',
    pool: null,
    sizeBytes: null,
    memoryMiB: null,
    vcpus: null,
    firstBoot: null,
    user: '',
    password: '',
    passwordForgotten: false,
    keys: null,
    start: true,
    autostart: false,
  };
}

export const templateDraft = likeDraft<TemplateForm>('virtlane.template', 1, ({ template }) => template);

/** A name like the template's that no machine of the host has. */
export function freeName(template: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = `${template}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** What the core is asked; `had`: the template was made with cloud-init. */
export function templateInputOf(
  form: TemplateForm,
  { had, sshKeys }: { had: boolean; sshKeys: CreateOptions['sshKeys'] },
): TemplateInput {
  const { host, template, name, count, disks, pool, sizeBytes, memoryMiB, vcpus, start, autostart } = form;
  return {
    host,
    template,
    name,
    count,
    title: null,
    description: null,
    disks,
    pool,
    sizeBytes,
    memoryMiB,
    vcpus,
    cloudInit: (form.firstBoot ?? had) ? cloudInitOf(form, sshKeys) : null,
    start,
    autostart,
  };
}

/** What cloud-init is told. */
export function cloudInitOf(
  form: Pick<TemplateForm, 'user' | 'password' | 'keys'>,
  sshKeys: CreateOptions['sshKeys'],
): CloudInit {
  const user = form.user.trim();
  const password = form.password === '' ? null : form.password;
  const keys = sshKeys.filter(({ label }) => form.keys?.includes(label) ?? true).map(({ key }) => key);
  return {
    hostname: null,
    users: user === '' ? [] : [{ name: user, sshKeys: keys, password, sudo: true }],
    sshPasswords: false,
    packageUpdate: false,
    packages: [],
    files: [],
    runCommands: [],
    timezone: null,
    locale: null,
    network: null,
    puppet: null,
    yaml: null,
  };
}
