import { expect, test, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';

/** Hosts from typing to the list: what is saved when, how they are called, what they ask. */
test.describe.configure({ mode: 'serial' });

/** Takes a password and nothing else; a number that no other test's server has. */
const PORT = 2241;
const NOWHERE = 'qemu+tcp://127.0.0.1:1/system';

let lab: Lab;
let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(1);
  const settings = ['PubkeyAuthentication=no', 'KbdInteractiveAuthentication=no'];
  const options = [`Port=${PORT}`, `PidFile=/run/sshd-${PORT}.pid`, ...settings].flatMap((one) => [
    '-o',
    one,
  ]);
  await lab.exec(1, '/usr/sbin/sshd', '-f', '/etc/ssh/lab_sshd_config', ...options);
  // as a newer Virtlane would leave it
  app = await App.start({ lab, files: { 'preferences.json': '{"version":99,"data":{}}' } });
  page = await (await browser.newContext()).newPage();
  await page.goto(app.url);
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (lab === undefined) return;
  await lab.exec(1, 'sh', '-c', `kill $(cat /run/sshd-${PORT}.pid)`);
  await lab.release();
});

const sidebar = () => page.getByRole('complementary', { name: 'Sidebar' });
const dialog = () => page.getByRole('dialog');

test('settings of a newer version are told of', async () => {
  const notice = page
    .getByRole('alert')
    .filter({ hasText: 'A newer version of Virtlane wrote these settings.' });
  await expect(notice).toContainText('preferences.json');
  await notice.getByRole('button').click();
  await expect(notice).toHaveCount(0);
});

test('the first host is asked for by name, and a refused password is said to be refused', async () => {
  await page.getByRole('combobox', { name: 'Host' }).fill(`labuser@${lab.address(1)}:${PORT}`);
  await page.getByRole('button', { name: 'More options' }).click();
  await page.getByLabel('Key file').fill('~/.ssh/id_of_the_door');
  await eachTheme(page, () => expectAccessible(page));
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await dialog().getByRole('button', { name: 'Accept and remember' }).click();
  await dialog().getByRole('button', { name: 'Use a key file instead…' }).click();
  const keyFile = dialog().getByLabel('Key file');
  await expect(keyFile).toHaveValue('~/.ssh/id_of_the_door');
  await keyFile.fill('~/.ssh/id_ed25519');
  await dialog().getByRole('button', { name: 'Save' }).click();
  const password = page.getByLabel(`Password of labuser on ${lab.address(1)}:${PORT}`);
  await password.fill('wrong');
  await page.keyboard.press('Enter');
  await expect(dialog()).toContainText('That password was not accepted. Try again.');
  await eachTheme(page, () => expectAccessible(page));
  await password.fill('labpass');
  await page.keyboard.press('Enter');
  await expect(sidebar().getByText('lab1', { exact: true })).toBeVisible();
});

test('Escape at a question leaves the dialog that it came over', async () => {
  await page.getByRole('button', { name: 'Add a host' }).first().click();
  await dialog()
    .getByRole('combobox', { name: 'Host' })
    .fill(`nobody@${lab.address(1)}:${PORT}`);
  await page.keyboard.press('Enter');
  const question = page.getByRole('dialog', { name: /^Log in to/ });
  await expect(question).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(question).toHaveCount(0);
  await dialog().getByRole('button', { name: 'Edit' }).click();
  await expect(dialog().getByRole('combobox', { name: 'Host' })).toHaveValue(/^nobody@/);
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await expect(sidebar().getByText('nobody@')).toHaveCount(0);
});

test('a host that is not reached is dropped by Cancel, edited, or saved anyway', async () => {
  await page.getByRole('button', { name: 'Add a host' }).first().click();
  await dialog().getByRole('combobox', { name: 'Host' }).fill(NOWHERE);
  await page.keyboard.press('Enter');
  await expect(dialog()).toContainText('127.0.0.1 could not be connected.');
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByRole('button', { name: 'Edit' }).click();
  await expect(dialog().getByRole('combobox', { name: 'Host' })).toHaveValue(NOWHERE);
  await expect(sidebar().getByText('127.0.0.1', { exact: true })).toHaveCount(0);
  await dialog().getByRole('button', { name: 'Connect', exact: true }).click();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await expect(sidebar().getByText('127.0.0.1', { exact: true })).toHaveCount(0);
  await expect.poll(() => savedTargets()).toEqual([`qemu+ssh://labuser@${lab.address(1)}:${PORT}/system`]);

  await page.getByRole('button', { name: 'Add a host' }).first().click();
  await dialog().getByRole('combobox', { name: 'Host' }).fill(NOWHERE);
  await page.keyboard.press('Enter');
  await dialog().getByRole('button', { name: 'Save anyway' }).click();
  await expect(dialog()).toHaveCount(0);
  await expect(sidebar().getByText('127.0.0.1', { exact: true })).toBeVisible();
  await expect.poll(() => savedTargets()).toContain(NOWHERE);
});

/** What the next start would find. */
async function savedTargets(): Promise<string[]> {
  const { data } = JSON.parse(await app.read('hosts.json')) as { data: { uri: string }[] };
  return data.map(({ uri }) => uri);
}

test('the demo is alone: a saved host is neither shown nor connected beside it, and stays saved', async ({
  browser,
}) => {
  const real = {
    id: 'real',
    name: 'real-host',
    ownName: null,
    uri: NOWHERE,
    keyFile: null,
    connectAtStart: true,
    setBalloonPeriod: false,
  };
  const saved = JSON.stringify({ version: 1, data: [real] });
  const demo = await App.start({ args: ['--demo'], files: { 'hosts.json': saved } });
  const window = await (await browser.newContext()).newPage();
  try {
    await window.goto(demo.url);
    const hosts = window.getByRole('complementary', { name: 'Sidebar' });
    await expect(hosts).toContainText('kvm-c');
    await expect(hosts).not.toContainText('real-host');
    expect(await demo.read('hosts.json')).toBe(saved);
  } finally {
    await window.close();
    await demo.stop();
  }
});
