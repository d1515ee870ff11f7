import { expect, test, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import { until } from '../support/wait.ts';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { picture } from './support/pictures.ts';
import { typeAsPerson } from './support/typing.ts';

/** The main job of Virtlane, from an empty window to the guest and back: real libvirtd, sshd, QEMU and browser. */
test.describe.configure({ mode: 'serial' });

let lab: Lab;
let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(2);
  for (const host of [1, 2]) await lab.clean(host);
  await lab.addGuest(1, 'web-01', { vncPassword: 'lane8pwd', video: 'virtio' });
  await lab.addGuest(1, 'mail', { headless: true });
  app = await App.start({ lab });
  page = await (await browser.newContext()).newPage();
  await page.goto(app.url);
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (lab === undefined) return;
  await lab.thaw(1);
  for (const host of [1, 2]) await lab.clean(host);
  await lab.release();
});

/** Connections that the host’s only VNC server has. */
const vncConnections = async (): Promise<number> =>
  Number(await lab.exec(1, 'sh', '-c', 'ss -Htn state established sport = :5900 | wc -l'));

const row = (name: string): ReturnType<Page['getByRole']> =>
  page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });

test('a host is added by one field, its key is shown and accepted, its machines appear', async () => {
  await expect(page.getByRole('heading', { name: 'Where are your machines?' })).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await picture(page, 'first-start');
  await page.getByRole('combobox', { name: 'Host' }).fill(`root@${lab.address(1)}`);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();

  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(await lab.fingerprint(1));
  await eachTheme(page, () => expectAccessible(page));
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'host-key-dark');
  await dialog.getByRole('button', { name: 'Accept and remember' }).click();

  await expect(row('web-01')).toContainText('Shut off');
  await expect(row('mail')).toContainText('Shut off');
});

test('a machine started with virsh elsewhere shows at once', async () => {
  await lab.exec(1, 'virsh', '-q', 'start', 'mail');
  await expect(row('mail')).toContainText('Running');
  await lab.exec(1, 'virsh', '-q', 'destroy', 'mail');
  await expect(row('mail')).toContainText('Shut off');
});

test('the guest is started from its page and its graphs move', async () => {
  await row('web-01').getByText('web-01', { exact: true }).click();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'web-01' })).toBeVisible();
  await page.getByRole('button', { name: 'Start', exact: true }).first().click();
  await expect(page.getByRole('button', { name: 'Shut down', exact: true })).toBeEnabled();
  await page.getByRole('tab', { name: 'Graphs' }).click();
  await expect(
    page
      .getByRole('figure', { name: /^CPU/ })
      .or(page.getByRole('group', { name: /^CPU/ }))
      .or(page.getByText('guest'))
      .first(),
  ).toBeVisible();
  await until(
    async () => Number(/guest\s*(\d+)/.exec(await page.locator('main').innerText())?.[1] ?? 0) > 0,
    'the CPU graph shows a figure',
  );
});

test('the XML is read again when it is changed elsewhere, but not from under somebody who reads in it', async () => {
  const describe = (text: string): Promise<string> =>
    lab.exec(1, 'virsh', '-q', 'desc', 'web-01', '--live', '--config', '--new-desc', text);
  await page.getByRole('tab', { name: 'XML' }).click();
  const xml = page.locator('.cm-content');
  await expect(xml).toContainText('<domain');
  await describe('from-elsewhere');
  await expect(xml).toContainText('from-elsewhere');
  await expect(page.getByText(/It was changed on the host at [\d:]+\. This is the new text\./)).toBeVisible();
  await xml.click();
  await describe('once-more');
  await expect(page.getByText(/This is the text from before\./)).toBeVisible();
  await expect(xml).toContainText('from-elsewhere');
  await page.getByRole('status').getByRole('button', { name: 'Read again' }).click();
  await expect(xml).toContainText('once-more');
});

test('what is typed on the VNC console arrives at the guest', async () => {
  await until(
    async () => (await lab.serialLog(1, 'web-01')).includes('tiny guest ready'),
    'the guest has booted',
  );
  await page.getByRole('tab', { name: 'Console' }).click();
  const screen = page.locator('canvas');
  await expect(screen).toBeVisible();
  await screen.click();
  await expect(page.getByText('Right Ctrl leaves')).toBeVisible();
  await typeAsPerson(page, 'echo typed-by-$((40+2)) > /dev/ttyS0\n');
  await until(
    async () => (await lab.serialLog(1, 'web-01')).includes('typed-by-42'),
    'the guest printed what was typed',
  );
  await picture(page, 'console-dark');
});

test('a guest that does not take the size it is asked to is scaled, and the bar says so', async () => {
  await page.getByRole('button', { name: 'Scale' }).click();
  await page.getByRole('menuitem', { name: 'Resize the guest' }).click();
  await expect(page.getByText('The guest stays at 720 × 400')).toBeVisible();
  await page.getByRole('button', { name: 'Scale' }).click();
  await page.getByRole('menuitem', { name: 'Fit to the window' }).click();
});

test('a guest that reboots keeps its console: what is typed afterwards arrives', async () => {
  await page.locator('canvas').click();
  await typeAsPerson(page, 'reboot -f\n');
  const boots = async (): Promise<number> =>
    (await lab.serialLog(1, 'web-01')).split('tiny guest ready').length - 1;
  await until(async () => (await boots()) === 2, 'the guest has booted again');
  // The guest says that it is ready a moment before its shell listens, and what came before is thrown away then.
  await expect(async () => {
    await typeAsPerson(page, 'echo after-the-reboot-$((40+2)) > /dev/ttyS0\n');
    await expect.poll(() => lab.serialLog(1, 'web-01'), { timeout: 5000 }).toContain('after-the-reboot-42');
  }).toPass({ timeout: 90_000 });
});

test('Right Ctrl leaves the console: the next keys are the window’s own', async () => {
  await page.locator('canvas').click();
  await page.keyboard.press('ControlRight');
  await page.keyboard.press('Control+1');
  await expect(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
});

/** The machine's console in a window of its own. */
async function consoleWindow(kind: 'Screen' | 'Serial'): Promise<Page> {
  const window = await page.context().newPage();
  await window.goto(page.url());
  await window.getByRole('tab', { name: 'Console' }).click();
  await window.getByText(kind, { exact: true }).click();
  return window;
}

test('a window that goes without a word frees its console on the host', async () => {
  const window = await consoleWindow('Screen');
  await expect(window.locator('canvas')).toBeVisible();
  await expect.poll(vncConnections).toBe(1);
  await window.close();
  await expect.poll(vncConnections).toBe(0);
});

test('the host’s network stops: it greys with its age, and comes back live by itself, its consoles too', async () => {
  const screen = await consoleWindow('Screen');
  await expect(screen.locator('canvas')).toBeVisible();
  const serial = await consoleWindow('Serial');
  const terminal = serial.getByRole('application', { name: 'Serial console of web-01' });
  await terminal.click();
  await serial.keyboard.type('\necho before-$((20+2))\n');
  await expect(terminal).toContainText('before-22');

  await lab.freeze(1);
  await expect(page.getByText(/^lab1 has not been answering for \d+ s/).first()).toBeVisible();
  await expect(page.getByText(/is away/).first()).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText(/was known .* ago/).first()).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'away-dark');
  for (const window of [screen, serial])
    await expect(window.getByText(/is away. The console comes back with it/)).toBeVisible();

  await lab.thaw(1);
  await expect(page.getByText(/is away/)).toHaveCount(0, { timeout: 120_000 });
  await screen.locator('canvas').click({ timeout: 120_000 });
  await typeAsPerson(screen, '\necho back-$((40+2)) > /dev/ttyS0\n');
  await expect(terminal).toContainText('back-42');
  await expect(terminal).toContainText('before-22');
  await terminal.click();
  await serial.keyboard.type('\necho again-$((20+2))\n');
  await expect(terminal).toContainText('again-22');
  for (const window of [screen, serial]) await window.close();

  await lab.exec(1, 'virsh', '-q', 'suspend', 'web-01');
  await expect(page.getByText(/^Paused/).first()).toBeVisible();
  await lab.exec(1, 'virsh', '-q', 'resume', 'web-01');
  await expect(page.getByText(/^Running/).first()).toBeVisible();
});

test('the serial console is a terminal in the window', async () => {
  await page.getByRole('tab', { name: 'Console' }).click();
  await page.getByText('Serial', { exact: true }).click();
  const terminal = page
    .getByRole('group', { name: 'Serial console of web-01' })
    .or(page.locator('.xterm'))
    .first();
  await expect(terminal).toBeVisible();
  await terminal.click();
  await page.keyboard.type('\necho serial-$((20+2))\n');
  await expect(page.locator('.xterm')).toContainText('serial-22');
});

test('a machine is forced off after it was asked, and deleted with its disk', async () => {
  await page.getByRole('button', { name: /Other ways than/ }).click();
  await page.getByRole('menuitem', { name: 'Force off' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Force off' }).click();
  await expect(page.getByText(/^Shut off/).first()).toBeVisible();

  await page.getByRole('button', { name: /^More actions of web-01/ }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('web-01.qcow2');
  await eachTheme(page, () => expectAccessible(page));
  await dialog.getByRole('checkbox').first().check();
  await dialog.getByLabel(/Type web-01 to confirm/).fill('web-01');
  await dialog.getByRole('button', { name: /^Delete with 1 disk/ }).click();
  await until(
    async () => !(await lab.exec(1, 'virsh', 'list', '--all', '--name')).includes('web-01'),
    'the machine is gone from the host',
  );
  expect(await lab.exec(1, 'ls', '/var/lib/libvirt/images')).not.toContain('web-01.qcow2');
  await expect(page.getByText(/^web-01 was deleted from .* 1 disk was deleted with it\.$/)).toBeVisible();
  await expect(page.getByRole('main')).not.toContainText('This machine is gone');
});

test('a changed host key is refused, with both fingerprints and what it may mean', async () => {
  const known = await lab.fingerprint(1);
  await lab.changeHostKey(1);
  await page.getByRole('complementary', { name: 'Sidebar' }).getByText('lab1', { exact: true }).click();
  const main = page.getByRole('main');
  await expect(main).toContainText(await lab.fingerprint(1), { timeout: 120_000 });
  await expect(main).toContainText(known);
  await expect(main).toContainText(`-R ${lab.address(1)}`);
  await eachTheme(page, () => expectAccessible(page));
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'changed-key-dark');
});
