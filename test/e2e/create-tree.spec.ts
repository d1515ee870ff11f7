import { expect, test, type Page } from '@playwright/test';
import { TreeServer } from '../support/tree-server.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { Demo, newMachine } from './support/demo.ts';

/** An installer's tree, and answers to an installer, on the demo fleet. */
test.describe.configure({ mode: 'serial' });

let demo: Demo;
let page: Page;
let server: TreeServer;

test.beforeAll(async ({ browser }) => {
  const images = 'dists/bookworm/main/installer-amd64/current/images/netboot/debian-installer/amd64';
  server = await TreeServer.start(
    new Map([
      [`${images}/linux`, 'a kernel'],
      [`${images}/initrd.gz`, 'an initrd'],
    ]),
  );
  demo = await Demo.open(browser);
  page = demo.page;
});

test.afterAll(async () => {
  await demo?.close();
  await server?.stop();
});

const { sheet, section, summary, create } = newMachine(() => page);

test('a tree: the system’s own is filled in, a mirror is recognised, what is none is said at the field', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  await sheet().getByText('Install from the web', { exact: true }).click();
  const address = sheet().getByLabel('Address of the install tree');
  await sheet().getByRole('combobox', { name: 'Operating system' }).fill('Fedora Linux 42');
  await page.getByRole('option', { name: 'Fedora Linux 42' }).click();
  await expect(address).toHaveValue(/^https:.*\/fedora\/linux\/releases\/42\//);
  await address.fill(server.url('nothing'));
  await expect(address).toHaveAccessibleDescription(/There is no installer for x86_64 at http/);
  await expect(create()).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
  await address.fill(server.url('dists/bookworm/main/installer-amd64'));
  await expect(sheet()).toContainText('Recognised: Debian 12');
  await expect(create()).toBeEnabled();
  await expect(summary()).toContainText('127.0.0.1');
});

test('its installer is answered: what is missing is said, and the password is not in the draft', async () => {
  await section('Installation').click();
  await sheet().getByLabel('Install by itself').click();
  await expect(section('Installation has a problem')).toBeVisible();
  await expect(sheet().getByLabel('User', { exact: true })).toHaveAccessibleDescription(/Name a user/);
  await sheet().getByLabel('User', { exact: true }).fill('ann');
  await sheet().getByLabel('Password', { exact: true }).fill('geheim');
  await expect(create()).toBeEnabled();
  await sheet().getByText('Packages', { exact: true }).click();
  await eachTheme(page, () => expectAccessible(page));
  for (const width of [390, 1024, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const region = sheet().getByRole('region', { name: 'Installation' });
    expect(await region.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(
      0,
    );
    await expectAccessible(page);
  }
  await page.keyboard.press('Escape');
  const draft = await page.evaluate(() => sessionStorage.getItem('virtlane.create'));
  expect(draft).toContain('"user":"ann"');
  expect(draft).not.toContain('geheim');
  await page.getByRole('button', { name: 'New machine' }).click();
  const missing = sheet().getByText('Type it again: Installation › Password.');
  await expect(missing).toBeVisible();
  await section('Installation').click();
  await sheet().getByLabel('Password', { exact: true }).fill('geheim');
  await expect(missing).toBeHidden();
  await page.keyboard.press('Escape');
});

test('while the installer runs its console is one click away; then the machine runs from its disk', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  await section('Installation').click();
  await sheet().getByLabel('Password', { exact: true }).fill('geheim');
  await section('Name & start').click();
  await sheet().getByLabel('Name', { exact: true }).fill('from-tree');
  await create().click();
  await expect(sheet().getByText('Wait until from-tree is installed').first()).toBeVisible();
  const door = sheet().getByRole('button', { name: 'Open its console' });
  await expect(door).toBeVisible();
  await expect(sheet().getByRole('button', { name: 'Cancel', exact: true })).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await expect(sheet().getByRole('heading', { name: /Done/ })).toBeVisible({ timeout: 60_000 });
  await expect(door).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/machine\/.*\/console$/);
});
