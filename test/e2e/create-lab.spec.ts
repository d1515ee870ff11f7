import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { makeIso } from '../integration/create-media.ts';
import { Lab } from '../lab/lab.ts';
import { App } from './support/app.ts';
import { connectTo } from './support/connect.ts';
import { newMachine } from './support/demo.ts';
import { tabTo } from './support/keys.ts';

/** From the first click to the text on the console of a machine that runs, on a real libvirtd over SSH. */
test.describe.configure({ mode: 'serial' });

const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');

let lab: Lab;
let app: App;
let page: Page;
let folder: string;
let iso: string;
/** Of the window's own code. */
const faults: string[] = [];

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(1);
  await lab.clean(1);
  folder = await mkdtemp(path.join(tmpdir(), 'virtlane-wizard-'));
  iso = await makeIso(folder, { label: 'Debian 12.7.0 amd64 n' });
  await copyFile(GUEST, path.join(lab.state, '1', 'images', 'debian-12-generic-amd64.qcow2'));
  await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
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

const { sheet, section } = newMachine(() => page);
const door = (): Locator => sheet().getByRole('button', { name: 'Open its console' });
const terminal = (): Locator => page.locator('.xterm');
const rows = (): Locator => terminal().locator('.xterm-rows');

/** Radio buttons are one stop of Tab; arrows go through them. */
async function arrowTo(first: Locator, wanted: Locator): Promise<void> {
  await tabTo(first);
  for (let press = 0; press < 12 && !(await wanted.isChecked()); press += 1)
    await page.keyboard.press('ArrowRight');
  await expect(wanted).toBeChecked();
}

/**
 * What a shell of the guest answers, at the terminal of the window. It is typed to a prompt: what comes before the shell reads may be
 * lost in part, and half a line with one quote of two leaves a shell that waits for the other for ever.
 */
async function answers(line: string, wanted: RegExp): Promise<void> {
  const again = page.getByRole('button', { name: 'Try now' });
  const prompt = { timeout: 200_000, intervals: [3000] };
  await expect
    .poll(async () => {
      if (await again.isVisible()) await again.click();
      await page.keyboard.press('Enter');
      return (await rows().textContent())?.trimEnd();
    }, prompt)
    .toMatch(/tiny#$/);
  await page.keyboard.type(`${line}\n`);
  await expect(rows()).toContainText(wanted, { timeout: 60_000 });
}

test('an installer ISO of this computer, by mouse: uploaded, booted, and its text is on the console', async () => {
  await page.getByRole('button', { name: 'New machine' }).first().click();
  await sheet().getByText('Installer ISO', { exact: true }).click();
  await sheet().getByText('This computer', { exact: true }).click();
  await sheet().locator('input[type=file]').setInputFiles(iso);
  await expect(sheet()).toContainText('Recognised: Debian');
  await section('System').click();
  await sheet().getByLabel('Memory', { exact: true }).fill('0.25');
  await section('Name & start').click();
  await sheet().getByLabel('Name', { exact: true }).fill('installed');
  await sheet().getByRole('button', { name: 'Create', exact: true }).click();
  await expect(door()).toBeFocused({ timeout: 120_000 });
  await door().click();
  await expect(page).toHaveURL(/\/console$/);
  await page.getByText('Serial', { exact: true }).click();
  await terminal().click();
  await answers('cat /proc/cmdline', /fromcd/);
});

test('a cloud image of a pool, by the keyboard alone: it reads its seed, and answers at its console', async () => {
  await page.goto(`${new URL(page.url()).origin}/#/machines`);
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeFocused();
  await page.keyboard.press('n');
  await expect(sheet().getByRole('region', { name: 'Source' })).toBeFocused();
  const ways = sheet().getByRole('radiogroup', { name: 'Where it comes from' });
  await arrowTo(
    ways.getByRole('radio', { name: 'Catalogue' }),
    ways.getByRole('radio', { name: 'On the host' }),
  );
  const image = sheet().getByRole('radio', { name: 'debian-12-generic-amd64.qcow2' });
  await tabTo(image);
  await page.keyboard.press('Space');
  await expect(image).toBeChecked();
  await page.keyboard.press('Control+2');
  await expect(sheet().getByRole('region', { name: 'System' })).toBeFocused();
  await tabTo(sheet().getByLabel('Memory', { exact: true }));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('0.25');
  await page.keyboard.press('Control+6');
  await expect(sheet().getByRole('region', { name: 'First boot' })).toBeFocused();
  await tabTo(sheet().getByLabel('User', { exact: true }));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('me');
  await tabTo(sheet().getByLabel('Password', { exact: true }));
  await page.keyboard.type('a secret');
  await page.keyboard.press('Control+7');
  await tabTo(sheet().getByLabel('Name', { exact: true }));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('cloud');
  await expect(sheet().getByRole('button', { name: 'Create', exact: true })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(door()).toBeFocused({ timeout: 120_000 });
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/console$/);
  // The screen takes the keyboard: Right Ctrl leaves it.
  await expect(page.locator('canvas')).toBeFocused();
  await page.keyboard.press('ControlRight');
  await arrowTo(page.getByRole('radio', { name: 'Screen' }), page.getByRole('radio', { name: 'Serial' }));
  await tabTo(terminal().locator('textarea'));
  await answers('tr \\\\000 \\\\n </dev/sr0 | grep hostname', /local-hostname: "?cloud/);
});

test('the CD of its first boot is taken out of the running machine, and is gone from the pool', async () => {
  await page.keyboard.press('ControlRight');
  await page.getByRole('tab', { name: 'Overview' }).click();
  const note = page.getByRole('note').filter({ hasText: 'cloud-seed.iso' });
  await note.getByRole('button', { name: 'It is no longer needed' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(note).toBeHidden();
  const disks = ['domblklist', 'cloud'];
  for (const which of [disks, [...disks, '--inactive']])
    expect(await lab.exec(1, 'virsh', ...which)).not.toContain('seed');
  expect(await lab.exec(1, 'virsh', 'vol-list', 'default')).not.toContain('cloud-seed.iso');
});
