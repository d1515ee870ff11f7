import { checked } from '../guest-values.ts';
import { toYaml } from '../yaml.ts';
import { answerFile, type AnswerMedia, type LinuxInstall } from './model.ts';

/**
 * For Ubuntu's server installer since 20.04 ("Autoinstall configuration reference"): a NoCloud seed. Without `autoinstall` on the
 * command line the installer asks once whether it may go on, and without `noprompt` its medium waits for a key at the end (casper(7)).
 * @throws {FormatError} BAD_VALUE that names the field
 */
export function autoinstall(install: LinuxInstall): AnswerMedia {
  const { user } = install;
  const name = checked('userName', 'User', user.name);
  const config = {
    autoinstall: {
      version: 1,
      locale: checked('locale', 'Locale', install.locale),
      keyboard: { layout: checked('keyboard', 'Keyboard', install.keyboard) },
      timezone: checked('timezone', 'Time zone', install.timezone),
      identity: {
        hostname: checked('hostname', 'Host name', install.hostname),
        username: name,
        realname: user.fullName === '' ? name : checked('line', 'Full name', user.fullName),
        password: checked('passwordHash', 'Password', user.passwordHash),
      },
      ssh: {
        'install-server': true,
        'authorized-keys': user.sshKeys.map((key) => checked('sshKey', 'SSH key', key.trim())),
        'allow-pw': user.sshKeys.length === 0,
      },
      storage: { layout: { name: 'direct' } },
      packages: install.packages.map((one) => checked('package', 'Package', one)),
    },
  };
  return {
    cd: {
      volumeId: 'cidata',
      files: [
        answerFile('user-data', `#cloud-config\n${toYaml(config)}`),
        answerFile('meta-data', toYaml({ 'instance-id': `autoinstall-${install.hostname}` })),
      ],
    },
    initrd: [],
    cmdline: 'autoinstall noprompt',
  };
}
