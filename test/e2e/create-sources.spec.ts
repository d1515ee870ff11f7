import { rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { FileServer } from '../integration/file-server.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { Demo, newMachine } from './support/demo.ts';

/** Sources of the new machine's sheet, and what belongs to them, on the demo fleet. */
test.describe.configure({ mode: 'serial' });

let demo: Demo;
let page: Page;
let web: FileServer;

test.beforeAll(async ({ browser }) => {
  web = await FileServer.open('127.0.0.1', isoCalled('Debian 12.7.0 amd64 n'));
  web.add('windows.iso', isoCalled('CCCOMA_X64FRE_EN-US_DV9'));
  demo = await Demo.open(browser);
  page = demo.page;
});

test.afterAll(async () => {
  await demo?.close();
  await web?.close();
});

/** A disc of 1 MiB with a label and nothing on it (ECMA-119, 8.4). */
function isoCalled(label: string): Buffer {
  const disc = Buffer.alloc(1 << 20);
  for (const [sector, type] of [
    [16, 1],
    [17, 255],
  ] as const) {
    disc[sector * 2048] = type;
    disc.write('CD001\x01', sector * 2048 + 1);
  }
  disc.write(label.padEnd(32), 16 * 2048 + 40);
  return disc;
}

const { sheet, section, summary, create } = newMachine(() => page);

const url = (): Locator => sheet().getByRole('textbox', { name: 'URL', exact: true });

/** Both themes for axe, and nothing cut on a phone. */
async function looked(): Promise<void> {
  await eachTheme(page, () => expectAccessible(page));
  await page.setViewportSize({ width: 390, height: 844 });
  const over = await sheet().evaluate((element) => element.scrollWidth - element.clientWidth);
  expect(over).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('where a host makes no containers their card says why', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  const container = sheet().getByRole('radio', { name: 'Container' });
  await expect(container).toBeDisabled();
  await expect(sheet()).toContainText('Simulated hosts have machines alone.');
});

test('an ISO by its URL, and cancel while it is fetched: nothing of it stays', async () => {
  await sheet().getByText('Installer ISO', { exact: true }).click();
  await sheet().getByRole('radio', { name: 'URL' }).locator('..').click();
  await url().fill('debian.iso');
  await expect(create()).toBeDisabled();
  await url().fill(web.url('debian.iso'));
  await expect(create()).toBeEnabled();
  await expect(summary()).toContainText('debian.iso');
  await looked();
  await section('Name & start').click();
  await sheet().getByLabel('Name', { exact: true }).fill('cancelled');
  // It was looked into already: the next answer is the job's.
  const hold = web.holdAt('debian.iso', 600_000);
  await create().click();
  await hold.reached;
  await sheet().getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(sheet().getByRole('heading', { name: /Cancelled/ })).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  hold.release();
  await sheet().getByRole('button', { name: 'Back to the form' }).click();
  await expect(create()).toBeEnabled();
  await section('Source').click();
  await sheet().getByRole('radio', { name: 'On the host' }).locator('..').click();
  await expect(sheet().getByRole('radio', { name: 'debian.iso' })).toHaveCount(0);
  await sheet().getByRole('radio', { name: 'URL' }).locator('..').click();
});

test('several by a pattern, from the same URL: it is fetched once, and they stand in the list', async () => {
  await section('Name & start').click();
  await sheet().getByLabel('Name', { exact: true }).fill('row-#');
  await sheet()
    .getByLabel(/^How many/)
    .fill('3');
  await sheet().getByRole('button', { name: 'Create 3 machines' }).click();
  await expect(sheet().getByRole('heading', { name: /Done/ })).toBeVisible();
  await sheet().getByRole('button', { name: 'Close' }).last().click();
  for (const name of ['row-1', 'row-2', 'row-3'])
    await expect(page.getByRole('row').filter({ hasText: name })).toBeVisible();
});

test('Windows: drivers are offered, its installer is answered, and the drivers are in the plan', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  await sheet().getByText('Installer ISO', { exact: true }).click();
  await sheet().getByRole('radio', { name: 'URL' }).locator('..').click();
  await url().fill(web.url('windows.iso'));
  const system = sheet().getByRole('combobox', { name: 'Operating system' });
  await system.fill('Windows 11');
  await page
    .getByRole('option', { name: /^Windows 11/ })
    .first()
    .click();
  const drivers = sheet().getByRole('combobox', { name: 'Drivers for Windows' });
  await expect(drivers).toHaveValue('None');
  await looked();
  await drivers.click();
  await page.getByRole('option', { name: /The newest stable ones/ }).click();
  await expect(summary()).toContainText('virtio-win');
  await section('Installation').click();
  await sheet().getByLabel('Install by itself').click();
  await sheet().getByLabel('Say which edition').check();
  await expect(sheet().getByLabel('Edition', { exact: true })).toBeVisible();
  await expect(sheet().getByLabel('Product key')).toBeVisible();
  await looked();
});

test('package sources of a cloud image: what is missing is said at the source', async () => {
  await section('Source').click();
  await sheet().getByText('Cloud image', { exact: true }).click();
  await sheet().getByRole('radio', { name: 'Debian 13', exact: true }).locator('..').click();
  await section('First boot').click();
  await sheet().getByText('Software', { exact: true }).click();
  await sheet().getByRole('button', { name: 'Add a package source' }).click();
  const name = sheet().getByLabel('Name of the source');
  await expect(name).toHaveAccessibleDescription(/has a name/);
  await expect(create()).toBeDisabled();
  await name.fill('example');
  await sheet()
    .getByLabel('Line of sources.list')
    .fill('deb https://packages.example.org/debian trixie main');
  await expect(create()).toBeEnabled();
  await looked();
  await sheet().getByText('Puppet', { exact: true }).click();
  await sheet().getByLabel('Set up the Puppet agent').check();
  await sheet().getByLabel('Server', { exact: true }).fill('puppet.example.org');
  await sheet().getByLabel('Environment', { exact: true }).fill('production');
  await expect(create()).toBeEnabled();
  await looked();
});

test('a file of this computer is offered again after a lost link, and asked for again once it changed', async () => {
  const iso = path.join(os.tmpdir(), `virtlane-${process.pid}.iso`);
  const links: { close(): Promise<void> }[] = [];
  try {
    await writeFile(iso, isoCalled('Debian 12.7.0 amd64 n'));
    await page.routeWebSocket(/[/]pipe[?]/, (link) => {
      link.connectToServer();
      links.push(link);
    });
    await page.reload();
    await page.getByRole('button', { name: 'New machine' }).click();
    await sheet().getByText('Installer ISO', { exact: true }).click();
    await sheet().getByText('This computer', { exact: true }).click();
    await sheet().locator('input[type=file]').setInputFiles(iso);
    await expect(create()).toBeEnabled();
    await links.at(-1)?.close();
    await expect.poll(() => links.length).toBe(2);
    await expect(create()).toBeEnabled();

    await writeFile(iso, isoCalled('Debian 12.8.0 amd64 n').subarray(4096));
    await links.at(-1)?.close();
    await expect(section('Source')).toHaveAccessibleName(/has a problem/);
    await expect(sheet()).toContainText('The file cannot be read any more. Choose it again.');
    await expect(create()).toBeDisabled();

    await sheet().locator('input[type=file]').setInputFiles([]);
    await writeFile(iso, isoCalled('Debian 12.8.0 amd64 n'));
    await sheet().locator('input[type=file]').setInputFiles(iso);
    await expect(create()).toBeEnabled();
    await create().click();
    await expect(sheet().getByRole('heading', { name: /Done/ })).toBeVisible();
  } finally {
    await rm(iso, { force: true });
  }
});
