import type { CloudInit } from '../../../main/contract/cloud-init.ts';
import type { CreateOptions } from '../../../main/contract/create.ts';
import type { CreateForm } from './form.ts';

/** What the image is told, of what was typed; null: nothing. */
export function cloudInitOf(form: CreateForm, options: CreateOptions): CloudInit | null {
  const { firstBoot: told } = form;
  if (form.source !== 'cloudImage' || !told.on) return null;
  const name = userOf(form, options);
  const sshKeys = keysOf(form, options);
  const password = told.password === '' ? null : told.password;
  return {
    hostname: orNull(told.hostname),
    users: name === '' ? [] : [{ name, sshKeys, password, sudo: true }],
    sshPasswords: told.sshPasswords && password !== null,
    packageUpdate: told.packageUpdate,
    packages: words(told.packages),
    packageSources: [...told.packageSources],
    files: told.files,
    runCommands: lines(told.commands),
    timezone: orNull(told.timezone),
    locale: orNull(told.locale),
    network: told.fixedAddress
      ? {
          addresses: words(told.addresses),
          gateway: orNull(told.gateway),
          nameservers: words(told.nameservers),
        }
      : null,
    puppet: told.puppet
      ? {
          server: told.puppetServer.trim(),
          environment: orNull(told.puppetEnvironment),
          certname: null,
          installType: told.puppetInstall,
        }
      : null,
    yaml: told.yaml.trim() === '' ? null : told.yaml,
  };
}

/** Who logs in; empty: nobody was named, and the image does not say either. */
export function userOf(form: CreateForm, options: CreateOptions | null): string {
  return (form.firstBoot.user ?? imageUser(form, options)).trim();
}

/** Lines of authorized_keys: those of this computer that are chosen, and those that were typed. */
export function keysOf({ firstBoot }: CreateForm, options: CreateOptions): string[] {
  const chosen = options.sshKeys.filter(({ label }) => firstBoot.keys?.includes(label) ?? true);
  return [...new Set([...chosen.map(({ key }) => key), ...lines(firstBoot.moreKeys)])];
}

export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

/** `ssh-ed25519 …3Qz8 me@laptop` */
export function shortKey(key: string): string {
  const [type = '', body = '', ...comment] = key.split(/\s+/);
  return `${type} …${body.slice(-6)} ${comment.join(' ')}`.trim();
}

/** The user that an image is made for; empty: it is not known. */
function imageUser(form: CreateForm, options: CreateOptions | null): string {
  return options?.cloudImages.find(({ id }) => id === form.image.catalogue)?.user ?? '';
}
