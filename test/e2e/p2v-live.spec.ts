import { expect, test, type Locator, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import { missing } from '../support/commands.ts';
import { ServerMachine } from '../support/server-machine.ts';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { connectTo } from './support/connect.ts';
import { newMachine } from './support/demo.ts';
import { tabTo } from './support/keys.ts';

/** From “root@server”, a Linux machine that runs, to a copy of it that boots; and what is refused before anything is made. */
test.describe.configure({ mode: 'serial' });
test.skip(
  process.getuid?.() !== 0 || missing('qemu-system-x86_64', 'mmdebstrap') !== false,
  'the machine that is copied needs root, QEMU and mmdebstrap',
);

let lab: Lab;
let server: ServerMachine;
let app: App;
let page: Page;
/** Of the window's own code. */
const faults: string[] = [];

test.beforeAll(async ({ browser }) => {
  test.setTimeout(600_000);
  [lab, server] = await Promise.all([Lab.up(1), ServerMachine.up()]);
  await lab.clean(1);
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
  await server?.close();
  if (lab === undefined) return;
  await lab.exec(1, 'rm', '-f', '/etc/sudoers.d/labuser');
  await lab.clean(1);
  await lab.release();
});

test.afterEach(() => expect(faults).toEqual([]));

const { sheet, section, summary, create } = newMachine(() => page);
const address = (): Locator => sheet().getByRole('textbox', { name: 'The machine' });

/** Its key is shown, and accepted. */
async function answerKey(fingerprint: string): Promise<void> {
  const question = page.getByRole('dialog').last();
  await expect(question).toContainText(fingerprint);
  await question.getByRole('button', { name: 'Accept and remember' }).click();
}

/** No file of the source is other than before; it has these volumes. */
async function expectUntouched(volumes: RegExp): Promise<void> {
  const told = await server.sh(
    'cat /etc/fstab; ls -A /etc | grep fstab; ls /etc/systemd/network; echo volumes; lvs --noheadings -o lv_name | sort',
  );
  const [files = '', names = ''] = told.split('volumes\n');
  expect(files).toMatch(/CELLAR1-part1 \/boot[^]*\nfstab\nwired\.network\n$/);
  expect(names).toMatch(volumes);
}

/** Asks to look at a machine, by Enter. */
async function look(target: string): Promise<void> {
  await address().fill(target);
  await address().press('Enter');
}

test('a machine that is not reached, or not let in to, is told with the reason', async () => {
  await page.getByRole('button', { name: 'New machine' }).first().click();
  await sheet().getByText('A machine that runs (SSH)', { exact: true }).click();
  await expect(sheet().getByRole('button', { name: 'Look at it' })).toBeDisabled();
  await look('root@127.0.0.1:1');
  await expect(sheet().getByRole('alert')).toContainText('root@127.0.0.1:1 could not be reached.');
  await eachTheme(page, () => expectAccessible(page));
  await expect(create()).toBeDisabled();
  // A wrong password is asked for again; who gives up is told so, and nothing is red.
  await look(`labuser@${lab.address(1)}`);
  const password = page.getByRole('dialog').getByLabel('Password:');
  await password.fill('wrong');
  await page.keyboard.press('Enter');
  await expect(password).toHaveValue('');
  await expect(page.getByRole('dialog').last()).toContainText('not accepted');
  await page.keyboard.press('Escape');
  await expect(password).toBeHidden();
  await expect(sheet().getByRole('status').first()).toContainText('The login to labuser@');
  await expect(create()).toBeDisabled();
});

test('a container is looked at with the password of sudo, and is told to be none that can be copied', async () => {
  const rule = 'labuser ALL=(ALL) ALL';
  const script = 'printf "%s\\n" "$1" > /etc/sudoers.d/labuser; chmod 440 /etc/sudoers.d/labuser';
  await lab.exec(1, 'sh', '-c', script, 'sh', rule);
  await sheet().getByRole('button', { name: 'Look again' }).click();
  for (const label of [/Password:/, /labuser/]) {
    await page.getByRole('dialog').getByLabel(label).fill('labpass');
    await page.keyboard.press('Enter');
  }
  await expect(sheet()).toContainText('a user who may use sudo');
  await expect(sheet().getByRole('group', { name: 'What cannot be' })).toContainText(/container|disk/);
  await expect(create()).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
});

test('a machine that runs is looked at, nothing of it is allowed unasked, and the plan says what follows', async () => {
  await sheet().getByText('Log in with a certain key').click();
  await sheet().getByRole('textbox', { name: 'Key file' }).fill(server.keyFile);
  await look(server.target);
  await answerKey(await server.fingerprint());
  await expect(sheet().getByRole('group', { name: 'What it is' })).toContainText('cellar');
  const changes = sheet().getByRole('group', { name: 'What may be done on cellar while it is copied' });
  const ticks = changes.getByRole('checkbox');
  await expect(ticks).toHaveCount(5);
  for (const tick of await ticks.all()) await expect(tick).not.toBeChecked();
  const fstab = changes.getByRole('checkbox', { name: /Name devices in \/etc\/fstab by their UUIDs/ });
  await expect(fstab).toHaveAccessibleDescription(/CELLAR1-part1 \(\/boot\) becomes UUID=5a7c1f0e-/);
  await expect(changes).toContainText('MACAddress=52:54:00:ce:11:a4');
  await expect(sheet().getByRole('rowheader', { name: 'sda1' })).toBeVisible();
  await expect(sheet().getByRole('rowheader', { name: 'cellar/root' })).toBeVisible();
  await expect(summary()).toContainText('Without a snapshot of cellar/root');
  await expect(summary()).toContainText('Without /etc/fstab: ');
  await expect(summary()).toContainText(/Copy sda of root@127\.0\.0\.1:\d+ to cellar\.qcow2/);
  await expect(create()).toBeEnabled();
  await eachTheme(page, () => expectAccessible(page));
  for (const tick of await ticks.all()) {
    await tabTo(tick);
    await page.keyboard.press('Space');
  }
  await expect(summary()).not.toContainText('Without ');
  await expect(summary()).toContainText(
    /Make snapshots of \/dev\/cellar\/root, \/dev\/store\/ledger on root@/,
  );
  await expect(summary()).toContainText(
    /Put \/etc\/fstab, .*10-virtlane-enp0s1\.link on root@\S+ for the first boot/,
  );
});

test('its copy has the memory, CPUs and MACs of it, is not started unasked, and leaves nothing when it is cancelled', async () => {
  const macs = sheet().getByRole('radiogroup', { name: 'MACs of its network cards' });
  await expect(macs.getByRole('radio', { name: 'Those of the running machine' })).toBeChecked();
  await section('System').click();
  await expect(sheet()).toContainText('The running machine has 1; the host has');
  await section('Name & start').click();
  await expect(sheet().getByLabel('Name', { exact: true })).toHaveValue('cellar');
  await expect(sheet().getByRole('checkbox', { name: 'Start it when it is made' })).not.toBeChecked();
  await expect(sheet()).toContainText('the old one still runs, with the same addresses');
  await page.keyboard.press('Control+Enter');
  const copying = sheet()
    .getByRole('listitem')
    .filter({ hasText: /Copy sda of .*running/ });
  await expect(copying).toBeVisible({ timeout: 120_000 });
  await expect(sheet().getByRole('progressbar', { name: 'Progress of cellar' })).toBeVisible();
  await expectUntouched(/virtlane.*virtlane/s);
  await eachTheme(page, () => expectAccessible(page));
  const cancel = sheet().getByRole('button', { name: 'Cancel' });
  // It has run for longer than a minute: what that took would be gone.
  await page.clock.setFixedTime(Date.now() + 3_600_000);
  await tabTo(cancel);
  await page.keyboard.press('Enter');
  const asks = page.getByRole('dialog', { name: 'Create machine cellar: cancel it?' });
  await expect(asks).toContainText(/It has run for 1 h/);
  await expect(asks.getByRole('listitem').filter({ hasText: /Copy sda of / })).toBeVisible();
  await expect(asks.getByRole('button', { name: 'Keep going' })).toBeFocused();
  await eachTheme(page, () => expectAccessible(page));
  for (const key of ['Escape', 'Enter']) {
    await page.keyboard.press(key);
    await expect(asks).toHaveCount(0);
    await expect(copying).toBeVisible();
    await expect(cancel).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(asks).toBeVisible();
  }
  await tabTo(asks.getByRole('button', { name: 'Cancel the job' }));
  await page.keyboard.press('Enter');
  await expect(sheet().getByRole('button', { name: 'Back to the form' })).toBeVisible({ timeout: 120_000 });
  await expectUntouched(/^\s*ledger\s+root\s*$/);
  expect((await lab.exec(1, 'virsh', '-q', 'vol-list', 'default')).trim()).toBe('');
});

test('its copy is made and started, and says at its console that it has all: its disks and card by their new names', async () => {
  test.setTimeout(900_000);
  await sheet().getByRole('button', { name: 'Back to the form' }).click();
  await section('Name & start').click();
  await sheet().getByRole('checkbox', { name: 'Start it when it is made' }).check();
  await expect(create()).toBeEnabled();
  await create().click();
  const door = sheet().getByRole('button', { name: 'Open its console' });
  await expect(door).toBeFocused({ timeout: 500_000 });
  await expectUntouched(/^\s*ledger\s+root\s*$/);
  // It costs much, and is not needed any more.
  await server.close();
  await door.click();
  await expect(page).toHaveURL(/\/console$/);
  await page.getByText('Serial', { exact: true }).click();
  const rows = page.getByRole('application', { name: 'Serial console of cellar' }).locator('.xterm-rows');
  const report = `report: host=cellar marker=${await server.marker()} swap=1 boot=/dev/vda1 nic=enp0s1 ledger=ok `;
  await expect(rows).toContainText(report, { timeout: 300_000 });
});
