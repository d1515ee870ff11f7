import { expect, test, type Locator, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import type { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { chooseByKeys, tabTo } from './support/keys.ts';
import { dropNetwork, dropShared, makeNetwork, openPair, shareGuest } from './support/lab-pair.ts';

/** A machine goes from host to host by the window: what stands against it is mended there, by keys and by the pointer. */
test.describe.configure({ mode: 'serial' });

const NAME = 'mover';
const ISO = '/var/lib/libvirt/tools.iso';

let lab: Lab;
let app: App;
let page: Page;

const dialog = (): Locator => page.getByRole('dialog', { name: `Migrate ${NAME}` });
const row = (): Locator =>
  page.getByRole('grid', { name: 'Machines' }).locator('[data-index]').filter({ hasText: NAME });
/** In the sidebar. */
const host = (number: number): Locator =>
  page
    .getByRole('listitem')
    .filter({ hasText: `lab${number}` })
    .getByRole('link');
const stateOn = async (host: number): Promise<string> =>
  (await lab.exec(host, 'sh', '-c', `virsh domstate ${NAME} 2>/dev/null || echo none`)).trim();

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(2);
  await Promise.all([lab.clean(1), lab.clean(2)]);
  await lab.addGuest(1, NAME, { memoryMiB: 96, headless: true });
  await makeNetwork(lab, 1, 'office');
  await makeNetwork(lab, 2, 'lan');
  const attach = `truncate -s 1M ${ISO}
    virsh -q attach-interface ${NAME} network office --model virtio --config
    virsh -q attach-disk ${NAME} ${ISO} sda --type cdrom --mode readonly --config
    virsh -q start ${NAME}`;
  await lab.exec(1, 'sh', '-ec', attach);
  ({ app, page } = await openPair(browser, lab, async (opened) => {
    page = opened;
    await expect(row()).toContainText('Running');
  }));
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (lab === undefined) return;
  await Promise.all([wall(1, '-F'), wall(2, '-F')]);
  await Promise.all([lab.clean(1), lab.clean(2)]);
  for (const host of [1, 2]) for (const name of ['office', 'lan']) await dropNetwork(lab, host, name);
  await lab.release();
});

/** The network goes before the last button, which says so and leads to what helps; then it is there again. */
async function isRefused(): Promise<Locator> {
  await dropNetwork(lab, 2, 'lan');
  await page.keyboard.press('Control+Enter');
  const refused = dialog()
    .getByRole('alert')
    .filter({ hasText: `${NAME} was not migrated` });
  await expect(refused).toContainText('has no network lan');
  await expect(refused).not.toContainText('--network');
  await expect(dialog().getByRole('region', { name: 'Checks' })).toContainText('has no network lan');
  await makeNetwork(lab, 2, 'lan');
  return refused;
}

/** Nobody logs in to the host, or they may again. */
async function wall(number: 1 | 2, what: '-A' | '-F'): Promise<void> {
  const rule = what === '-A' ? '-p tcp --dport 22 -j REJECT --reject-with tcp-reset' : '';
  await lab.exec(number, 'sh', '-c', `iptables ${what} INPUT ${rule}`);
  if (what === '-A') await lab.exec(number, 'sh', '-c', 'pkill -f "^sshd: root" || :');
}

test('by keys: a CD and a network that are not there are mended, and it runs on the other host', async () => {
  await page.getByRole('grid', { name: 'Machines' }).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+F10');
  const line = page.getByRole('menuitem', { name: 'Migrate…' });
  await expect(line).toBeVisible();
  while (!(await line.evaluate((element) => element === document.activeElement)))
    await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const target = dialog().getByRole('radio');
  await expect(target).toHaveCount(1);
  await expect(dialog().getByRole('radiogroup')).toContainText('Cannot go');
  await expect(dialog().getByRole('radiogroup')).toContainText('has no network office');
  await expect(dialog().getByRole('radiogroup')).toContainText(`${ISO} is in the drive sda`);
  await eachTheme(page, () => expectAccessible(page));
  await tabTo(target);
  await page.keyboard.press('Space');
  const migrate = dialog().getByRole('button', { name: 'Migrate', exact: true });
  await expect(migrate).toBeDisabled();
  await page.keyboard.press('Control+2');
  await tabTo(dialog().getByRole('button', { name: 'Eject tools.iso…' }));
  await page.keyboard.press('Enter');
  const question = page.getByRole('dialog', { name: 'Take tools.iso out of its drive?' });
  await expect(question.getByRole('button', { name: 'Eject tools.iso' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await expect(dialog().getByText(/is in the drive sda/)).toHaveCount(0);
  // What somebody else changes meanwhile is looked at by itself.
  const media = (change: string): Promise<string> =>
    lab.exec(1, 'sh', '-c', `virsh -q change-media ${NAME} sda ${change} --live --config`);
  await media(`--insert ${ISO}`);
  await expect(dialog().getByText(/is in the drive sda/)).not.toHaveCount(0);
  await media('--eject');
  await expect(dialog().getByText(/is in the drive sda/)).toHaveCount(0);
  await chooseByKeys(dialog().getByRole('combobox', { name: 'office becomes' }), 'lan');
  await expect(migrate).toBeEnabled();
  await eachTheme(page, () => expectAccessible(page));
  const refused = await isRefused();
  await tabTo(dialog().getByRole('button', { name: 'Look again' }));
  await page.keyboard.press('Enter');
  await expect(refused).toHaveCount(0);
  await expect(migrate).toBeEnabled();
  await isRefused();
  await page.keyboard.press('Control+3');
  await tabTo(dialog().getByRole('checkbox', { name: 'Delete the source’s disks' }));
  await page.keyboard.press('Space');
  await expect(refused).toHaveCount(0);
  await expect(dialog().getByText(`Delete ${NAME}.qcow2 on`)).toBeVisible();
  await expect(migrate).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  const door = dialog().getByRole('button', { name: new RegExp(`^Open ${NAME} on`) });
  await expect(door).toBeFocused({ timeout: 120_000 });
  await expect(dialog().getByText('Stood still', { exact: true })).toBeVisible();
  expect([await stateOn(1), await stateOn(2)]).toEqual(['none', 'running']);
  expect(await lab.exec(2, 'virsh', 'dumpxml', NAME)).toContain("network='lan'");
  expect(await lab.exec(1, 'ls', '/var/lib/libvirt/images')).toBe('');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(NAME);
});

test('what a migration paused is resumed only when the host it was going to is named, which is asked', async () => {
  // libvirt calls so what is restored paused, too.
  const paused = `virsh -q save ${NAME} /var/tmp/${NAME}.save; virsh -q restore --paused /var/tmp/${NAME}.save
    rm /var/tmp/${NAME}.save; virsh domstate --reason ${NAME}`;
  expect(await lab.exec(2, 'sh', '-ec', paused)).toContain('paused (migrating)');
  const resume = page.getByRole('main').getByRole('button', { name: 'Resume', exact: true });
  await resume.click();
  await expect(page.getByText('libvirt does not tell where it was going')).toBeVisible();
  await page.getByRole('button', { name: 'Say where it was going…' }).click();
  const question = page.getByRole('dialog', { name: `Resume ${NAME}?` });
  await expect(question.getByText('it may run on the host that it was going to')).toBeVisible();
  const answer = question.getByRole('button', { name: 'Resume' });
  await expect(answer).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
  await chooseByKeys(question.getByRole('combobox', { name: 'It was going to' }), 'lab1');
  await answer.click();
  await expect.poll(() => stateOn(2)).toBe('running');
});

test('a row that is dragged onto a host opens the sheet with that host chosen, and a network that is not active is chosen and started', async () => {
  const asleep =
    'virsh net-dumpxml office > /tmp/net.xml; virsh net-destroy office; virsh net-define /tmp/net.xml';
  await lab.exec(1, 'sh', '-ec', asleep);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /^Machines/ })
    .click();
  await row().dragTo(host(1));
  await expect(dialog().getByRole('radio')).toBeChecked();
  await expect(dialog().getByRole('radiogroup')).toContainText('has no network lan');
  await dialog().getByRole('button', { name: 'See what helps' }).click();
  await expect(dialog().getByRole('combobox', { name: 'lan becomes' })).toBeFocused();
  await dialog().getByRole('combobox', { name: 'lan becomes' }).click();
  await page.getByRole('option', { name: 'office (not active)' }).click();
  await dialog().getByRole('button', { name: 'Start the network office there' }).click();
  await expect(dialog().getByRole('button', { name: 'Migrate', exact: true })).toBeEnabled();
  await dialog().getByRole('button', { name: 'Show as virsh' }).click();
  const virsh = dialog().getByRole('region', { name: 'The same with virsh' });
  const [here, there] = [2, 1].map((number) => `qemu+ssh://root@${lab.address(number)}/system`);
  await expect(virsh).toHaveText(
    [
      'The same with virshCopyBack to the form',
      'For a shell such as bash or zsh. Where the answer of the target is lost at the end, virsh lets the machine run on both hosts; Virtlane does not.',
      `(d=$(mktemp -d) &&\ntrap 'rm -rf "$d"' EXIT INT TERM &&\n`,
      `virsh -c ${here} dumpxml --security-info --migratable ${NAME} > "$d/live.xml" &&\n`,
      `virsh -c ${here} dumpxml --inactive --security-info --migratable ${NAME} > "$d/inactive.xml" &&\n`,
      `\${EDITOR:-vi} "$d/live.xml" "$d/inactive.xml" &&\n`,
      `virsh -c ${here} migrate --live --persistent --undefinesource --copy-storage-all --migrate-disks vda --abort-on-error --verbose --xml "$d/live.xml" --persistent-xml "$d/inactive.xml" ${NAME} ${there})`,
      'virsh sends from host to host: the source must reach the target. Through this computer the data goes only in Virtlane.',
      'Change this in each file that the editor shows: lan → office',
    ].join(''),
  );
  await dialog().getByRole('button', { name: 'Migrate', exact: true }).click();
  await expect(dialog().getByRole('button', { name: new RegExp(`^Open ${NAME} on`) })).toBeVisible();
  await expect(dialog().getByText(/^Still on/)).toContainText(`default/${NAME}.qcow2, `);
  expect([await stateOn(1), await stateOn(2)]).toEqual(['running', 'none']);
  await page.keyboard.press('Escape');
});

/** Begins to move the paused machine, so slowly that it is on its way until it is told otherwise. */
async function beginSlowly(): Promise<void> {
  // The move before may still be taking back what it made.
  await expect(page.getByRole('button', { name: /Jobs 0/ })).toBeVisible();
  await expect(row()).toContainText('Paused');
  await row().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Migrate…' }).click();
  await dialog().getByRole('radio').check({ force: true });
  await page.keyboard.press('Control+2');
  await dialog().getByRole('combobox', { name: 'office becomes' }).click();
  await page.getByRole('option', { name: 'lan' }).click();
  await page.keyboard.press('Control+3');
  await dialog().getByRole('textbox', { name: 'At most, MiB/s' }).fill('1');
  const migrate = dialog().getByRole('button', { name: 'Migrate', exact: true });
  await expect(migrate).toBeEnabled();
  await migrate.click();
  await expect(
    dialog()
      .getByText(/^[\d.]+ \w+ of [\d.]+ \w+$/)
      .first(),
  ).toBeVisible();
}

/** It is where it was, and nowhere else. */
async function isBack(): Promise<void> {
  await expect(row()).toHaveCount(1, { timeout: 120_000 });
  await expect(row()).toContainText('Paused');
  expect([await stateOn(1), await stateOn(2)]).toEqual(['paused', 'none']);
}

test('a target that is lost decides nothing: the machine is the source’s, which is said, and it can be resumed before all is taken back', async () => {
  await lab.exec(1, 'virsh', '-q', 'suspend', NAME);
  await beginSlowly();
  await dialog().getByRole('button', { name: 'Limit speed' }).click();
  await page.getByRole('menuitem', { name: '10 MiB/s' }).click();
  await expect.poll(() => lab.exec(1, 'virsh', 'migrate-getspeed', NAME)).toContain('10');
  await dialog().getByRole('button', { name: 'Limit speed' }).click();
  await page.getByRole('menuitem', { name: '10 MiB/s' }).press('Escape');
  await wall(2, '-A');
  await expect(dialog()).toContainText('What was done is taken back as soon as the host is connected again.');
  await expect(dialog().getByRole('status')).toHaveText(
    `${NAME} was not migrated to lab2. The link to lab2 was lost. ${NAME} is on lab1 as before. lab2 does not answer.`,
  );
  await expect(dialog().getByText(/^volume \S+ in pool default on lab2$/)).toBeVisible();
  await expect(dialog().getByRole('button', { name: 'Leave it there' })).toBeVisible();
  await expect(dialog().getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(row().filter({ hasText: 'lab1' })).toContainText('Paused');
  await expect(row().filter({ hasText: /Being settled|Migrating to|Coming from/ })).toHaveCount(0);
  const peek = page.getByRole('complementary', { name: 'Side panel' });
  await expect(peek.getByRole('button', { name: 'Resume' })).toBeEnabled();
  await wall(2, '-F');
  await isBack();
});

test('while the source is away, which has to tell, it is being settled; then it can be resumed', async () => {
  await beginSlowly();
  await wall(1, '-A');
  await expect(dialog().getByRole('status')).toContainText('It is being found out which of');
  await expect(dialog().getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(row().first()).toContainText('Being settled');
  await expect(row().filter({ hasNotText: 'Being settled' })).toHaveCount(0);
  await wall(1, '-F');
  await isBack();
  const peek = page.getByRole('complementary', { name: 'Side panel' });
  await peek.getByRole('button', { name: 'Resume' }).click();
  await expect(row()).toContainText('Running');
});

test('a host is emptied once it is seen what helps those that cannot go, and offers to bring home what it had', async () => {
  await lab.addGuest(1, 'cold', { memoryMiB: 96, headless: true });
  await lab.exec(
    1,
    'sh',
    '-ec',
    `virsh -q attach-disk cold ${ISO} sda --type cdrom --mode readonly --config`,
  );
  const sheet = page.getByRole('dialog', { name: 'Evacuate lab1' });
  const evacuate = async (): Promise<void> => {
    await host(1).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Evacuate…' }).click();
  };
  await evacuate();
  await expect(sheet.getByRole('row', { name: NAME })).toContainText('lab2 has no network office.');
  await expect(sheet.getByRole('row', { name: NAME })).not.toContainText('lab2: ');
  const cold = sheet.getByRole('row', { name: 'cold' });
  await expect(cold).toContainText('tools.iso is in the drive sda');
  await sheet.getByRole('button', { name: 'Eject the CD of 1 machine…' }).click();
  const question = page.getByRole('dialog', { name: 'Eject the CD of 1 machine?' });
  await expect(question.getByRole('listitem')).toHaveText('cold tools.iso (sda)');
  await question.getByRole('button', { name: 'Eject' }).click();
  await expect(question).toBeHidden();
  await sheet.getByRole('combobox', { name: 'Where cold goes' }).click();
  await page.getByRole('option', { name: 'Stays here' }).click();
  await eachTheme(page, () => expectAccessible(page));
  await sheet.getByRole('button', { name: `See what helps ${NAME}…` }).click();
  await expect(dialog().getByRole('radio', { name: 'lab2' })).toBeChecked();
  await dialog().getByRole('button', { name: 'See what helps' }).click();
  await expect(dialog().getByRole('combobox', { name: 'office becomes' })).toBeVisible();
  await makeNetwork(lab, 2, 'office');
  // The sheet that it was opened from is there again, and looks anew.
  await page.keyboard.press('Escape');
  await expect(dialog()).toHaveCount(0);
  await expect(sheet.getByRole('combobox', { name: `Where ${NAME} goes` })).toHaveValue('lab2');
  await eachTheme(page, () => expectAccessible(page));
  await expect(sheet.getByRole('combobox', { name: 'Where cold goes' })).toHaveValue('Stays here');
  await expect(sheet.getByRole('heading', { name: 'Stays on lab1' })).toBeVisible();
  await sheet.getByRole('button', { name: 'Move 1 machine' }).click();
  await expect(sheet.getByRole('button', { name: `Open ${NAME} on lab2` })).toBeVisible();
  await expect(sheet.getByText(/^Still on lab1: default/)).toContainText(`${NAME}.qcow2, `);
  expect([await stateOn(1), await stateOn(2)]).toEqual(['none', 'running']);
  await page.keyboard.press('Escape');
  // Who reads only the list is not to take the host for empty.
  await page.keyboard.press('Control+j');
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect(jobs.getByText('cold stays on lab1: it is not empty')).toBeVisible();
  await page.keyboard.press('Control+j');
  await host(1).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Bring home 1 machine…' }).click();
  await expect(dialog().getByRole('radio', { name: 'lab1' })).toBeChecked();
  await expect(
    dialog().getByText(`Delete ${NAME}.qcow2 in default of lab1, which ${NAME} left there`),
  ).toBeVisible();
  await page.keyboard.press('Escape');
  await host(1).click();
  await page.getByRole('button', { name: 'Bring home 1 machine…' }).click();
  await expect(dialog().getByRole('radio', { name: 'lab1' })).toBeChecked();
  await page.keyboard.press('Escape');
  await expect(dialog()).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('bring home');
  await expect(page.getByRole('button', { name: 'Bring 1 machine home to lab1…' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(dialog().getByRole('radio', { name: 'lab1' })).toBeChecked();
  await expect(dialog().getByRole('button', { name: 'Migrate', exact: true })).toBeEnabled();
  await page.keyboard.press('Escape');
});

test('a CPU that the target has not is mended by the one that both hosts have, once the machine is off', async () => {
  const cpu = `<cpu mode='custom' match='exact' check='none'><model>qemu64</model><feature policy='require' name='avx512f'/></cpu>`;
  const xml = await lab.exec(2, 'virsh', 'dumpxml', '--inactive', NAME);
  const define = `cat > /tmp/define.xml; virsh -q define /tmp/define.xml; virsh -q destroy ${NAME}; virsh -q start ${NAME}`;
  await lab.execWith(xml.replace(/<cpu [^]*?<\/cpu>/, cpu), 2, 'sh', '-ec', define);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /^Machines/ })
    .click();
  await row().dragTo(host(1));
  const migrate = dialog().getByRole('button', { name: 'Migrate', exact: true });
  await expect(dialog().getByRole('radiogroup')).toContainText('lacks what the guest was promised (avx512f)');
  await expect(migrate).toBeDisabled();
  await page.keyboard.press('Control+2');
  await dialog().getByRole('button', { name: 'Shut down and change the CPU…' }).click();
  const question = page.getByRole('dialog', { name: `Shut down ${NAME} to change its CPU?` });
  await question.getByRole('button', { name: 'Shut down' }).click();
  await expect(question).toBeHidden();
  await expect(dialog().getByRole('status')).toContainText('its CPU changes only while it is off');
  // The guest does not heed the button: what matters is that it goes off.
  await lab.exec(2, 'sh', '-c', `virsh -q destroy ${NAME} || :`);
  await expect(dialog().getByRole('combobox', { name: `CPU of ${NAME}` })).toHaveValue(
    /^What both hosts have/,
  );
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByRole('button', { name: 'Show as virsh' }).click();
  await expect(dialog().getByLabel('The same with virsh', { exact: true }).last()).toContainText(
    'define "$d/inactive.xml"',
  );
  await eachTheme(page, () => expectAccessible(page));
  await migrate.click();
  await expect(dialog().getByRole('button', { name: `Open ${NAME} on lab1` })).toBeVisible();
  expect([await stateOn(1), await stateOn(2)]).toEqual(['shut off', 'none']);
  expect(await lab.exec(1, 'virsh', 'dumpxml', NAME)).not.toContain('avx512f');
  await page.keyboard.press('Escape');
  await expect(dialog()).toHaveCount(0);
});

test('of a disk that both hosts see a button says that it is one storage, or lets it be copied', async () => {
  const file = '/srv/shared/commons.qcow2';
  await shareGuest(lab, 'commons', file);
  const sheet = page.getByRole('dialog', { name: 'Migrate commons' });
  const machine = page.getByRole('grid', { name: 'Machines' }).locator('[data-index]');
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /^Machines/ })
    .click();
  await expect(machine.filter({ hasText: 'commons' })).toContainText('Running');
  await machine.filter({ hasText: 'commons' }).dragTo(host(2));
  await expect(sheet.getByRole('radio', { name: 'lab2' })).toBeChecked();
  await page.keyboard.press('Control+2');
  await expect(sheet.getByText(/^Both hosts see the same file of vda/)).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await sheet.getByRole('button', { name: 'Copy vda' }).click();
  await expect(sheet.getByText('vda is copied, as you chose')).toBeVisible();
  await expect(sheet.getByRole('combobox', { name: 'Copied disks go to' })).toBeVisible();
  await sheet.getByRole('button', { name: 'As usual: vda' }).click();
  await sheet.getByRole('button', { name: 'It is one storage' }).click();
  await expect(sheet.getByText(/^vda is left where it is, as one file of both hosts/)).toBeVisible();
  await sheet.getByRole('button', { name: 'Migrate', exact: true }).click();
  await expect(sheet.getByRole('button', { name: 'Open commons on lab2' })).toBeVisible();
  expect(await lab.exec(2, 'virsh', 'domblklist', 'commons')).toContain(file);
  expect(await lab.exec(2, 'ls', '/srv/shared')).toBe('commons.qcow2\n');
  await dropShared(lab, 'commons', file);
});
