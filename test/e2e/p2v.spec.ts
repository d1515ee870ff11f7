import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { saveTinyGuest } from '../integration/p2v-disks.ts';
import { SavedMachine, TOOLS } from '../integration/p2v-image.ts';
import { Lab } from '../lab/lab.ts';
import { missing } from '../support/commands.ts';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { connectTo } from './support/connect.ts';
import { newMachine } from './support/demo.ts';
import { tabTo } from './support/keys.ts';

/** From the image of a physical machine to one that runs, on a real libvirtd over SSH; and what is refused before anything is made. */
test.describe.configure({ mode: 'serial' });
test.skip(missing('qemu-img', ...TOOLS) !== false, 'the tools that save a machine are not installed');

const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');
const CONTENT = 'sda1.vfat-ptcl-img.gz';

let lab: Lab;
let app: App;
let page: Page;
/** The images, by name. */
let folder: string;
/** Of the window's own code. */
const faults: string[] = [];

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(1);
  await lab.clean(1);
  folder = await mkdtemp(path.join(tmpdir(), 'virtlane-p2v-'));
  const machine = new SavedMachine(path.join(folder, 'work'));
  await saveTinyGuest(machine, GUEST);
  for (const name of ['web-server-img', 'torn-img', 'cut-img', 'half-img', 'secret-img', 'wrong-img'])
    await cp(machine.image, path.join(folder, name), { recursive: true });
  const at = (name: string, file = CONTENT): string => path.join(folder, name, file);
  // The end of what is packed is wrong: its beginning, which is all that is read before a job, is right.
  const torn = await readFile(at('torn-img'));
  await writeFile(at('torn-img'), torn.fill(0, torn.length - 4000, torn.length - 3000));
  await writeFile(at('wrong-img'), Buffer.from(torn).fill('x', 0, 64));
  await rename(at('cut-img'), at('cut-img', `${CONTENT}.aa`));
  await writeFile(at('cut-img', `${CONTENT}.ac`), '');
  await writeFile(at('half-img', 'THIS_IMAGE_DIR_IS_BROKEN.txt'), 'partclone failed on sda1\n');
  await writeFile(at('secret-img', 'gocryptfs.conf'), '{}');
  machine.sh(
    'qemu-img convert -q -O vhdx sda ../office-pc.vhdx; head -c 3000000 ../office-pc.vhdx > ../cut.vhdx',
  );
  app = await App.start({ lab });
  page = await (await browser.newContext({ colorScheme: 'dark' })).newPage();
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
  await page.goto(app.url);
  await connectTo(page, `root@${lab.address(1)}`);
  await expect(page.getByRole('button', { name: 'New machine' }).first()).toBeEnabled();
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  if (lab === undefined) return;
  await lab.clean(1);
  await lab.release();
});

test.afterEach(() => expect(faults).toEqual([]));

const { sheet, section, summary, create } = newMachine(() => page);
const field = (): Locator => sheet().getByRole('textbox', { name: 'Folder of the image' });
const list = (): Locator => sheet().getByRole('listbox');
const pool = (): Promise<string> => lab.exec(1, 'virsh', '-q', 'vol-list', 'default');

test('the images of a folder are told from what cannot be used, and each of these is refused with the reason', async () => {
  await page.getByRole('button', { name: 'New machine' }).first().click();
  await sheet().getByText('Clonezilla image', { exact: true }).click();
  await expect(list()).toBeVisible();
  await field().fill(folder);
  await expect(list().getByRole('option')).toHaveText([
    /The folder above/,
    /cut-img.*Image/,
    /half-img.*Image, broken/,
    /secret-img.*Encrypted/,
    /torn-img.*Image/,
    /web-server-img.*Image/,
    /^work/,
    /wrong-img.*Image/,
  ]);
  await expect(sheet()).toContainText('not the one that images are in');
  await eachTheme(page, () => expectAccessible(page));
  for (const [name, reason] of [
    ['half-img', /marked the image as broken[^]*partclone failed on sda1/],
    ['secret-img', /encrypted by gocryptfs/],
    ['cut-img', /gz\.ab is missing in the image/],
  ] as const) {
    await list().getByRole('option', { name }).click();
    await expect(field()).toHaveValue(path.join(folder, name));
    await expect(summary()).toContainText(reason);
    await expect(create()).toBeDisabled();
  }
});

test('on a host its own folders are listed, and an image there is read where it is', async () => {
  const share = path.join(lab.state, 'shared', 'backup');
  try {
    await cp(path.join(folder, 'web-server-img'), path.join(share, "web's"), { recursive: true });
    const where = sheet().getByRole('combobox', { name: 'Where it lies' });
    await where.click();
    await page.getByRole('option', { name: 'lab1' }).click();
    await expect(field()).toHaveValue('');
    await field().fill('/srv/shared/backup');
    await list().getByRole('option', { name: "web's" }).click();
    await expect(sheet()).toContainText('52:54:00:12:34:56');
    await expect(summary()).toContainText(/Restore sda of .*\/srv\/shared\/backup\/web's/);
    await where.click();
    await page.getByRole('option', { name: 'This computer' }).click();
    await field().fill(folder);
  } finally {
    await rm(share, { recursive: true, force: true });
  }
});

test('where the host has virt-v2v it is a tick, and the plan says that it works on the copy', async () => {
  test.skip(missing('virt-v2v-in-place', 'nbdkit') !== false, 'virt-v2v is not installed');
  await field().fill(path.join(folder, 'web-server-img'));
  const tick = sheet().getByRole('checkbox', { name: 'Prepare it for virtio with the host’s virt-v2v' });
  await tick.check();
  await expect(summary()).toContainText('Let virt-v2v on lab1 prepare it for virtio');
  await expect(summary()).toContainText('virt-v2v on lab1 changes the system in the copy');
  await tick.uncheck();
  await expect(summary()).not.toContainText('virt-v2v');
  await field().fill(folder);
});

test('a damaged disk, and one that is too small, are refused at the disk', async () => {
  await list().getByRole('option', { name: 'wrong-img' }).click();
  await expect(summary()).toContainText(/sda cannot be restored/);
  await expect(sheet().getByRole('cell', { name: 'damaged' })).toBeVisible();
  await expect(create()).toBeDisabled();
  await field().fill(path.join(folder, 'web-server-img'));
  await expect(create()).toBeEnabled();
  await section('Disks').click();
  await expect(sheet()).toContainText('sda of the image goes on this one.');
  const size = sheet().getByLabel('Size', { exact: true });
  await size.fill('8');
  await expect(summary()).toContainText(
    /sda cannot be restored\. It does not fit on 8 MiB: its partitions need \d/,
  );
  await expect(create()).toBeDisabled();
  await size.fill('64');
  await expect(create()).toBeEnabled();
});

test('what is damaged inside is found before anything is made, where it is to be read first', async () => {
  const before = await pool();
  await section('Source').click();
  await field().fill(path.join(folder, 'torn-img'));
  await expect(summary()).toContainText('torn-img');
  await sheet().getByRole('checkbox', { name: 'Read and check all of the image first' }).check();
  await expect(summary()).toContainText(/1?Read all of .*torn-img, and check it/);
  await create().click();
  await expect(sheet().getByRole('heading', { name: /Failed/ })).toBeVisible({ timeout: 120_000 });
  await expect(sheet()).toContainText(/The image is damaged, and nothing was made of it\. sda1/);
  await eachTheme(page, () => expectAccessible(page));
  expect(await pool()).toBe(before);
  await sheet().getByRole('button', { name: 'Back to the form' }).click();
  await sheet().getByRole('button', { name: 'Start over' }).click();
  await page.keyboard.press('Escape');
  await expect(sheet()).toBeHidden();
});

test('a VHDX becomes a machine with devices that Windows knows; one that is cut is refused', async () => {
  await page.getByRole('button', { name: 'New machine' }).first().click();
  await sheet().getByText('Disk of Windows or Hyper-V', { exact: true }).click();
  const file = sheet().getByRole('textbox', { name: 'File of the disk' });
  await file.fill(folder);
  await list().getByRole('option', { name: 'cut.vhdx' }).click();
  await expect(summary()).toContainText(/cut\.vhdx: It is not whole.*ends/);
  await expect(create()).toBeDisabled();
  await list().getByRole('option', { name: 'office-pc.vhdx' }).click();
  await expect(sheet().getByRole('rowheader', { name: '1' })).toBeVisible();
  await expect(summary()).toContainText('Nothing tells the memory, CPUs and MACs');
  await eachTheme(page, () => expectAccessible(page));
  await sheet().getByRole('button', { name: 'Add another disk of the machine' }).click();
  await list().getByRole('option', { name: 'office-pc.vhdx' }).click();
  await expect(summary()).toContainText('is named twice');
  await sheet().getByRole('button', { name: 'Remove disk 2' }).click();
  await section('Name & start').click();
  await expect(sheet().getByLabel('Name', { exact: true })).toHaveValue('office-pc');
  await expect(sheet().getByRole('checkbox', { name: 'Start it when it is made' })).not.toBeChecked();
  await create().click();
  const door = sheet().getByRole('button', { name: 'Open office-pc' });
  await expect(door).toBeFocused({ timeout: 120_000 });
  await page.keyboard.press('Enter');
  const xml = await lab.exec(1, 'virsh', 'dumpxml', 'office-pc');
  expect(xml).toMatch(/<target dev='sda' bus='sata'\/>[^]*<model type='e1000e'\/>/);
});

test('a machine of Windows goes to virtio by the keyboard, and each step says before what it will change', async () => {
  const virsh = (...args: string[]): Promise<string> => lab.exec(1, 'virsh', '-q', ...args);
  await virsh('vol-create-as', 'default', 'virtio-win-0.1.271.iso', '1M');
  await virsh(
    'metadata',
    'office-pc',
    'http://libosinfo.org/xmlns/libvirt/domain/1.0',
    '--key',
    'libosinfo',
    '--set',
    "<libosinfo><os id='http://microsoft.com/win/10'/></libosinfo>",
  );
  const card = page.getByRole('region', { name: 'To virtio' });
  const steps = card.getByRole('listitem').filter({ has: page.getByRole('heading') });
  const what = card.getByRole('group', { name: 'What is done' });
  const press = async (button: string): Promise<void> => {
    await tabTo(page.getByRole('button', { name: button, exact: true }));
    await page.keyboard.press('Enter');
  };
  await press('Change to virtio…');
  await expect(card.getByRole('combobox', { name: 'CD with the drivers' })).toHaveValue(
    'virtio-win-0.1.271.iso, 1 MiB',
  );
  await expect(what.getByRole('listitem')).toHaveText([
    'Create the small disk office-pc-virtio.img in default',
    'Add it to office-pc on virtio, and virtio-win-0.1.271.iso as a CD',
  ]);
  await eachTheme(page, () => expectAccessible(page));
  await virsh('start', 'office-pc');
  await expect(card).toContainText('office-pc runs. Shut it down first.');
  await expect(card.getByRole('button', { name: 'Prepare', exact: true })).toBeDisabled();
  await virsh('destroy', 'office-pc');
  await expect(card.getByRole('button', { name: 'Prepare', exact: true })).toBeEnabled();
  await press('Prepare');
  await expect(steps.nth(1)).toHaveAttribute('aria-current', 'step');
  // A person may think better of it.
  await press('Not after all…');
  const asked = page.getByRole('dialog', { name: 'Take the small disk out of office-pc?' });
  await expect(asked).toContainText('Delete office-pc-virtio.img in default');
  await press('Take it out');
  await expect(steps.nth(0)).toHaveAttribute('aria-current', 'step');
  // The step is there again before its job is over, which deletes the volume last.
  await expect(card.getByRole('button', { name: 'Prepare', exact: true })).toBeEnabled();
  expect(await pool()).not.toContain('office-pc-virtio');
  await press('Prepare');
  await expect(steps.nth(1)).toHaveAttribute('aria-current', 'step');
  expect(await virsh('domblklist', 'office-pc')).toMatch(
    /virtio-win-0\.1\.271\.iso\s+vda +\S+office-pc-virtio\.img/,
  );
  await expect(what.getByRole('listitem')).toHaveText([
    'Put the disk and the card of office-pc on virtio, and take the small disk out',
    'Delete office-pc-virtio.img in default',
  ]);
  await expect(what).toContainText(/sda\s*sata → virtio/);
  await eachTheme(page, () => expectAccessible(page));
  const finish = card.getByRole('button', { name: 'Change over' });
  await expect(finish).toBeDisabled();
  await tabTo(card.getByRole('checkbox', { name: 'Windows has shown the small disk' }));
  await page.keyboard.press('Space');
  await expect(finish).toBeEnabled();
  await press('Change over');
  await expect(card.getByRole('status')).toContainText('office-pc is on virtio');
  const xml = await virsh('dumpxml', 'office-pc');
  expect(xml).toMatch(/office-pc\.qcow2'\/>[^]*<target dev='vda' bus='virtio'\/>[^]*<model type='virtio'\/>/);
  expect(await pool()).not.toContain('office-pc-virtio');
});

test('from an image to a machine that runs, by the keyboard alone; its memory, CPUs and name are those of the image', async () => {
  await page.goto(`${new URL(page.url()).origin}/#/machines`);
  await page.keyboard.press('n');
  await expect(sheet().getByRole('region', { name: 'Source' })).toBeFocused();
  const wanted = sheet().getByRole('radio', { name: 'Clonezilla image' });
  await tabTo(sheet().getByRole('radio', { name: 'Cloud image' }));
  for (let press = 0; press < 12 && !(await wanted.isChecked()); press += 1)
    await page.keyboard.press('ArrowRight');
  await tabTo(field());
  await page.keyboard.type(folder);
  await expect(list().getByRole('option', { name: 'web-server-img' })).toBeVisible();
  await tabTo(list());
  await page.keyboard.type('web');
  await page.keyboard.press('Enter');
  await expect(field()).toBeFocused();
  await expect(field()).toHaveValue(path.join(folder, 'web-server-img'));
  await expect(sheet()).toContainText('52:54:00:12:34:56');
  await expect(summary()).toContainText('It has the MACs of the machine that was saved');
  const macs = sheet().getByRole('radiogroup', { name: 'MACs of its network cards' });
  await tabTo(macs.getByRole('radio', { name: 'Those of the saved machine' }));
  await page.keyboard.press('ArrowRight');
  await expect(macs.getByRole('radio', { name: 'New ones' })).toBeChecked();
  await expect(summary()).not.toContainText('It has the MACs');
  await page.keyboard.press('Control+2');
  await expect(sheet()).toContainText('The saved machine had 192 MiB.');
  await expect(sheet().getByLabel('Memory', { exact: true })).toHaveValue('192');
  await page.keyboard.press('Control+6');
  const starts = sheet().getByRole('checkbox', { name: 'Start it when it is made' });
  await tabTo(starts);
  await page.keyboard.press('Space');
  await expect(starts).toBeChecked();
  await expect(create()).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  const door = sheet().getByRole('button', { name: 'Open its console' });
  await expect(door).toBeFocused({ timeout: 120_000 });
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/console$/);
  await page.keyboard.press('ControlRight');
  await page.getByText('Serial', { exact: true }).click();
  const terminal = page.locator('.xterm');
  await terminal.click();
  await expect
    .poll(
      async () => {
        await page.keyboard.press('Enter');
        return terminal.locator('.xterm-rows').textContent();
      },
      { timeout: 200_000, intervals: [3000] },
    )
    .toMatch(/tiny#\s*$/);
  const xml = await lab.exec(1, 'virsh', 'dumpxml', 'web-server');
  expect(xml).toMatch(/<memory unit='KiB'>196608<[^]*<vcpu[^>]*>1</);
  expect(xml).not.toContain('52:54:00:12:34:56');
});
