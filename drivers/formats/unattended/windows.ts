import { FormatError } from '../errors.ts';
import { checked, checkedText } from '../guest-values.ts';
import type { NewElement } from '../../xml/index.ts';
import { writeNewElement } from '../../xml/index.ts';
import { answerFile, type AnswerMedia } from './model.ts';
import { windowsDisk } from './windows-disk.ts';
import { windowsZone } from './windows-zones.ts';

/** What Windows' setup is told, so that it asks nothing. It takes the whole of the first disk. */
export interface WindowsInstall {
  /** At most 15 letters, digits and `-`. */
  readonly computerName: string;
  /** Of an account that is made, and is an administrator; null: the built-in Administrator alone, as servers have it. */
  readonly user: { readonly name: string; readonly fullName: string } | null;
  /** Of both. In the file it is only veiled: the file is a secret. */
  readonly password: string;
  /** `Europe/Paris`; a zone that Windows has no name for is UTC. */
  readonly timezone: string;
  /** The language of the medium: `en-US`. Setup asks where it has another one. */
  readonly language: string;
  /** Of dates, numbers and the keyboard: `fr-FR`. */
  readonly region: string;
  readonly firmware: 'bios' | 'efi';
  /** Which edition of the medium, from 1; null: what the product key says, or else setup asks. */
  readonly imageIndex: number | null;
  readonly productKey: string | null;
  /** Folder of virtio-win for this version: `w11`, `w10`, `2k22`; null: no virtio-win CD is attached. */
  readonly virtioFolder: string | null;
  /** Windows 11 on a machine without TPM or Secure Boot. */
  readonly skipRequirements: boolean;
  readonly remoteDesktop: boolean;
}

const NAMESPACE = 'urn:schemas-microsoft-com:unattend';
const WCM = 'http://schemas.microsoft.com/WMIConfig/2002/State';
const DRIVERS = ['viostor', 'vioscsi', 'NetKVM', 'Balloon', 'vioserial', 'viorng', 'qemufwcfg'];
/** Setup gives CDs the letters after the first; which one is virtio-win's depends on the machine. A folder that is not there is passed over. */
const DRIVES = ['D', 'E', 'F'];
const REQUIREMENTS = ['BypassTPMCheck', 'BypassSecureBootCheck', 'BypassRAMCheck', 'BypassCPUCheck'];
const MAX_PASSWORD = 127;

/**
 * An autounattend.xml for Windows 10, 11 and Server 2016 to 2025 on x86 of 64 bits ("Unattended Windows Setup Reference"). Setup looks
 * for it at the root of each CD.
 * @throws {FormatError} BAD_VALUE that names the field
 */
export function autounattend(install: WindowsInstall): AnswerMedia {
  const passes: [pass: string, components: (NewElement | null)[]][] = [
    [
      'windowsPE',
      [
        international('Microsoft-Windows-International-Core-WinPE', install),
        peDrivers(install),
        setup(install),
      ],
    ],
    ['offlineServicing', [offlineDrivers(install)]],
    ['specialize', [identity(install), ...(install.remoteDesktop ? remoteDesktop() : [])]],
    ['oobeSystem', [international('Microsoft-Windows-International-Core', install), firstStart(install)]],
  ];
  const settings = passes.flatMap(([pass, components]): NewElement[] => {
    const children = components.filter((one) => one !== null);
    return children.length === 0 ? [] : [{ name: 'settings', attributes: { pass }, children }];
  });
  const root = { name: 'unattend', attributes: { xmlns: NAMESPACE, 'xmlns:wcm': WCM }, children: settings };
  const xml = writeNewElement(root, { newline: '\r\n', indent: '', step: '  ' });
  const content = `<?xml version="1.0" encoding="utf-8"?>\r\n${xml}\r\n`;
  return {
    cd: { volumeId: 'UNATTEND', files: [answerFile('autounattend.xml', content)] },
    initrd: [],
    cmdline: '',
  };
}

function component(name: string, children: readonly NewElement[]): NewElement {
  const attributes = {
    name,
    processorArchitecture: 'amd64',
    publicKeyToken: '31bf3856ad364e35',
    language: 'neutral',
    versionScope: 'nonSxS',
  };
  return { name: 'component', attributes, children };
}

const text = (name: string, value: string): NewElement => ({ name, text: value });
const parent = (name: string, ...children: NewElement[]): NewElement => ({ name, children });
const added = (name: string, attributes: Record<string, string>, children: NewElement[]): NewElement => ({
  name,
  attributes: { 'wcm:action': 'add', ...attributes },
  children,
});

function international(name: string, { language, region }: WindowsInstall): NewElement {
  const ui = culture('Language', language);
  const local = culture('Region', region);
  return component(name, [
    ...(name.endsWith('WinPE') ? [parent('SetupUILanguage', text('UILanguage', ui))] : []),
    text('InputLocale', local),
    text('SystemLocale', local),
    text('UILanguage', ui),
    text('UserLocale', local),
  ]);
}

function culture(what: string, value: string): string {
  if (!/^[a-z]{2,3}(-[A-Za-z]{4})?-([A-Z]{2}|\d{3})$/.test(value))
    throw new FormatError('BAD_VALUE', `${what}: not as in en-US: ${JSON.stringify(value.slice(0, 40))}`);
  return value;
}

function driverPaths({ virtioFolder }: WindowsInstall): NewElement | null {
  if (virtioFolder === null) return null;
  const folder = checked('word', 'Folder of virtio-win', virtioFolder);
  const paths = DRIVES.flatMap((drive) => DRIVERS.map((driver) => `${drive}:\\${driver}\\${folder}\\amd64`));
  return parent(
    'DriverPaths',
    ...paths.map((path, index) =>
      added('PathAndCredentials', { 'wcm:keyValue': String(index + 1) }, [text('Path', path)]),
    ),
  );
}

/** For setup itself, which sees no virtio disk without them. */
function peDrivers(install: WindowsInstall): NewElement | null {
  const paths = driverPaths(install);
  return paths === null ? null : component('Microsoft-Windows-PnpCustomizationsWinPE', [paths]);
}

/** For the system that is installed. */
function offlineDrivers(install: WindowsInstall): NewElement | null {
  const paths = driverPaths(install);
  return paths === null ? null : component('Microsoft-Windows-PnpCustomizationsNonWinPE', [paths]);
}

function setup(install: WindowsInstall): NewElement {
  const { disk, partition } = windowsDisk(install.firmware);
  const target = parent('InstallTo', text('DiskID', '0'), text('PartitionID', String(partition)));
  const { imageIndex, productKey, user } = install;
  const source =
    imageIndex === null
      ? []
      : [
          parent(
            'InstallFrom',
            added('MetaData', {}, [text('Key', '/IMAGE/INDEX'), text('Value', index(imageIndex))]),
          ),
        ];
  const key =
    productKey === null
      ? []
      : [parent('ProductKey', text('Key', checkedKey(productKey)), text('WillShowUI', 'OnError'))];
  const requirements = install.skipRequirements ? [skipRequirements()] : [];
  return component('Microsoft-Windows-Setup', [
    disk,
    parent('ImageInstall', parent('OSImage', ...source, target, text('WillShowUI', 'OnError'))),
    ...requirements,
    parent('UserData', text('AcceptEula', 'true'), text('FullName', fullName(user)), ...key),
  ]);
}

function index(value: number): string {
  if (!Number.isInteger(value) || value < 1 || value > 99)
    throw new FormatError('BAD_VALUE', `Edition: not a number from 1 to 99: ${value}`);
  return String(value);
}

function checkedKey(key: string): string {
  if (!/^([A-Z0-9]{5}-){4}[A-Z0-9]{5}$/.test(key))
    throw new FormatError('BAD_VALUE', 'Product key: not five groups of five letters and digits');
  return key;
}

/** Setup of Windows 11 reads these values before it looks at the machine. */
function skipRequirements(): NewElement {
  return parent(
    'RunSynchronous',
    ...REQUIREMENTS.map((value, order) =>
      added('RunSynchronousCommand', {}, [
        text('Order', String(order + 1)),
        text('Path', `reg add HKLM\\SYSTEM\\Setup\\LabConfig /v ${value} /t REG_DWORD /d 1 /f`),
      ]),
    ),
  );
}

function identity({ computerName, timezone }: WindowsInstall): NewElement {
  if (!/^(?!\d+$)[A-Za-z0-9]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?$/.test(computerName))
    throw new FormatError(
      'BAD_VALUE',
      `Computer name: not up to 15 letters, digits and "-", with a letter among them: ${JSON.stringify(computerName.slice(0, 40))}`,
    );
  return component('Microsoft-Windows-Shell-Setup', [
    text('ComputerName', computerName),
    text('TimeZone', windowsZone(checked('timezone', 'Time zone', timezone))),
  ]);
}

function remoteDesktop(): NewElement[] {
  const rule = added('FirewallGroup', { 'wcm:keyValue': 'RemoteDesktop' }, [
    text('Active', 'true'),
    // The name of the group in every language.
    text('Group', '@FirewallAPI.dll,-28752'),
    text('Profile', 'all'),
  ]);
  return [
    component('Microsoft-Windows-TerminalServices-LocalSessionManager', [
      text('fDenyTSConnections', 'false'),
    ]),
    component('Networking-MPSSVC-Svc', [parent('FirewallGroups', rule)]),
  ];
}

function firstStart({ user, password }: WindowsInstall): NewElement {
  checkedText('Password', password, MAX_PASSWORD);
  if (password === '') throw new FormatError('BAD_VALUE', 'Password: there has to be one');
  const account =
    user === null
      ? []
      : [
          parent(
            'LocalAccounts',
            added('LocalAccount', {}, [
              veiled('Password', password, 'Password'),
              text('DisplayName', fullName(user)),
              text('Group', 'Administrators'),
              text('Name', accountName(user.name)),
            ]),
          ),
        ];
  return component('Microsoft-Windows-Shell-Setup', [
    parent(
      'OOBE',
      text('HideEULAPage', 'true'),
      text('HideOnlineAccountScreens', 'true'),
      text('HideWirelessSetupInOOBE', 'true'),
      text('ProtectYourPC', '3'),
    ),
    parent('UserAccounts', veiled('AdministratorPassword', password, 'AdministratorPassword'), ...account),
  ]);
}

/** A password as setup reads it when it is not plain: with the name of its element after it, in UTF-16 and base64. */
function veiled(name: string, password: string, suffix: string): NewElement {
  const value = Buffer.from(password + suffix, 'utf16le').toString('base64');
  return parent(name, text('Value', value), text('PlainText', 'false'));
}

function accountName(name: string): string {
  if (name.length > 20 || /["/\\[\]:;|=,+*?<>@%]|\.$/.test(name) || name.trim() !== name)
    throw new FormatError(
      'BAD_VALUE',
      `User: not a name of an account: ${JSON.stringify(name.slice(0, 40))}`,
    );
  return checked('line', 'User', name);
}

function fullName(user: WindowsInstall['user']): string {
  if (user === null) return 'Administrator';
  return user.fullName === '' ? user.name : checked('line', 'Full name', user.fullName);
}
