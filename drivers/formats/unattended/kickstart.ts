import { checked } from '../guest-values.ts';
import { answerFile, type AnswerMedia, type LinuxInstall } from './model.ts';

export interface KickstartInstall extends LinuxInstall {
  /** The address of an install tree; null: the medium's own packages, or the closest mirror. */
  readonly tree: string | null;
}

/**
 * For Anaconda: Fedora, RHEL and what is built from it (pykickstart's "Kickstart documentation"). A CD that is called OEMDRV and has
 * a ks.cfg is found without a word on the command line; where there is no CD, the file is in the initrd.
 * @throws {FormatError} BAD_VALUE that names the field
 */
export function kickstart(install: KickstartInstall): AnswerMedia {
  const files = [answerFile('ks.cfg', kickstartFile(install))];
  return { cd: { volumeId: 'OEMDRV', files }, initrd: files, cmdline: 'inst.ks=file:/ks.cfg' };
}

function kickstartFile(install: KickstartInstall): string {
  const { user } = install;
  const name = checked('userName', 'User', user.name);
  const hash = checked('passwordHash', 'Password', user.passwordHash);
  const gecos =
    user.fullName === '' ? name : checked('line', 'Full name', user.fullName).replace(/[:,]/g, ' ');
  const lines = [
    'text',
    'reboot --eject',
    ...(install.tree === null ? [] : [`url --url=${quoted(checked('url', 'Install tree', install.tree))}`]),
    `lang ${checked('locale', 'Locale', install.locale)}`,
    `keyboard --xlayouts=${quoted(checked('keyboard', 'Keyboard', install.keyboard))}`,
    `timezone ${checked('timezone', 'Time zone', install.timezone)} --utc`,
    `network --bootproto=dhcp --hostname=${checked('hostname', 'Host name', install.hostname)}`,
    'rootpw --lock',
    `user --name=${name} --groups=wheel --iscrypted --password=${quoted(hash)} --gecos=${quoted(gecos)}`,
    ...user.sshKeys.map(
      (key) => `sshkey --username=${name} ${quoted(checked('sshKey', 'SSH key', key.trim()))}`,
    ),
    'firstboot --disable',
    'zerombr',
    'clearpart --all --initlabel',
    'autopart --type=plain --nohome',
    '%packages --ignoremissing',
    '@core',
    ...install.packages.map((one) => checked('package', 'Package', one)),
    '%end',
  ];
  return `${lines.join('\n')}\n`;
}

/** A word as Python's shlex reads it, which pykickstart does with each line. */
function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
