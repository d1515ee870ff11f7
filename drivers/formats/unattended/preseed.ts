import { FormatError } from '../errors.ts';
import { checked } from '../guest-values.ts';
import { answerFile, type AnswerMedia, type LinuxInstall } from './model.ts';

/** The folder of our files in the initrd, where the installer runs. */
const FOLDER = 'virtlane';

export interface DebianInstall extends LinuxInstall {
  /** Where its packages come from, by http or https. */
  readonly mirror: string;
}

/**
 * For Debian's installer (its manual, appendix B "Automating the installation using preseeding"), in the initrd: it looks for a
 * preseed.cfg there before it asks anything. Keys go as a file beside, so no value is ever read by a shell.
 * @throws {FormatError} BAD_VALUE that names the field
 */
export function debianPreseed(install: DebianInstall): AnswerMedia {
  const { user } = install;
  const keys = user.sshKeys.map((key) => checked('sshKey', 'SSH key', key.trim()));
  const name = checked('userName', 'User', user.name);
  const initrd = [answerFile('preseed.cfg', preseedFile(install, keys.length > 0))];
  if (keys.length > 0)
    initrd.push(
      answerFile(`${FOLDER}/authorized_keys`, `${keys.join('\n')}\n`),
      answerFile(`${FOLDER}/late.sh`, lateScript(name)),
    );
  return { cd: null, initrd, cmdline: 'auto=true priority=critical' };
}

type Row = readonly [owner: string, question: string, type: string, value: string];

function preseedFile(install: DebianInstall, late: boolean): string {
  const { user } = install;
  const [host = '', ...domain] = checked('hostname', 'Host name', install.hostname).split('.');
  const packages = install.packages.map((name) => checked('package', 'Package', name));
  const mirror = mirrorOf(install.mirror);
  const scheme = mirror.protocol.slice(0, -1);
  const di = (question: string, type: string, value: string): Row => ['d-i', question, type, value];
  const rows: Row[] = [
    di('debian-installer/locale', 'string', checked('locale', 'Locale', install.locale)),
    di('keyboard-configuration/xkb-keymap', 'select', checked('keyboard', 'Keyboard', install.keyboard)),
    di('netcfg/choose_interface', 'select', 'auto'),
    di('netcfg/get_hostname', 'string', host),
    di('netcfg/get_domain', 'string', domain.join('.')),
    di('hw-detect/load_firmware', 'boolean', 'false'),
    di('mirror/country', 'string', 'manual'),
    di('mirror/protocol', 'string', scheme),
    di(`mirror/${scheme}/hostname`, 'string', mirror.host),
    di(`mirror/${scheme}/directory`, 'string', mirror.pathname.replace(/\/+$/, '') || '/'),
    di(`mirror/${scheme}/proxy`, 'string', ''),
    di('passwd/root-login', 'boolean', 'false'),
    di('passwd/make-user', 'boolean', 'true'),
    di('passwd/user-fullname', 'string', fullName(user.fullName)),
    di('passwd/username', 'string', checked('userName', 'User', user.name)),
    di('passwd/user-password-crypted', 'password', checked('passwordHash', 'Password', user.passwordHash)),
    di('clock-setup/utc', 'boolean', 'true'),
    di('clock-setup/ntp', 'boolean', 'true'),
    di('time/zone', 'string', checked('timezone', 'Time zone', install.timezone)),
    di('partman/early_command', 'string', 'debconf-set partman-auto/disk "$(list-devices disk | head -n1)"'),
    di('partman-auto/method', 'string', 'regular'),
    di('partman-auto/choose_recipe', 'select', 'atomic'),
    di('partman-partitioning/confirm_write_new_label', 'boolean', 'true'),
    di('partman/choose_partition', 'select', 'finish'),
    di('partman/confirm', 'boolean', 'true'),
    di('partman/confirm_nooverwrite', 'boolean', 'true'),
    di('apt-setup/cdrom/set-first', 'boolean', 'false'),
    ['tasksel', 'tasksel/first', 'multiselect', 'standard, ssh-server'],
    di('pkgsel/include', 'string', packages.join(' ')),
    ['popularity-contest', 'popularity-contest/participate', 'boolean', 'false'],
    di('grub-installer/only_debian', 'boolean', 'true'),
    di('grub-installer/with_other_os', 'boolean', 'true'),
    di('grub-installer/bootdev', 'string', 'default'),
    di('cdrom-detect/eject', 'boolean', 'true'),
    di('finish-install/reboot_in_progress', 'note', ''),
    ...(late ? [di('preseed/late_command', 'string', `sh /${FOLDER}/late.sh`)] : []),
  ];
  return `${rows.map((row) => row.join(' ').trimEnd()).join('\n')}\n`;
}

function mirrorOf(text: string): URL {
  const url = URL.parse(checked('url', 'Mirror', text));
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '') return url;
  throw new FormatError('BAD_VALUE', `Mirror: not an address by http: ${JSON.stringify(text.slice(0, 100))}`);
}

/** A backslash at the end of a line would take the next one in. */
function fullName(name: string): string {
  return name === '' ? '' : checked('line', 'Full name', name).replace(/[:,\\]/g, ' ');
}

function lateScript(user: string): string {
  return `set -e
home=$(in-target getent passwd ${user} | cut -d: -f6)
mkdir -p "/target$home/.ssh"
cp /${FOLDER}/authorized_keys "/target$home/.ssh/authorized_keys"
chmod 700 "/target$home/.ssh"
chmod 600 "/target$home/.ssh/authorized_keys"
in-target chown -R ${user}: "$home/.ssh"
`;
}
