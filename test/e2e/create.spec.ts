import { expect, test, type Locator, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { newMachine, onDemo } from './support/demo.ts';

/** “New machine” on the demo fleet, by mouse and by keyboard alone, from the first click to the door of what was made. */
test.describe.configure({ mode: 'serial' });

let page: Page;
onDemo((opened) => {
  page = opened;
});

const { sheet, section, summary, create } = newMachine(() => page);

test('three clicks: an installer ISO becomes a machine that runs, and the last button leads to its console', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  await expect(sheet().getByRole('radio', { name: 'Cloud image', exact: true })).toBeChecked();
  await expect(create()).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
  await sheet().getByText('Installer ISO', { exact: true }).click();
  await sheet()
    .getByRole('radio', { name: /debian-.*[.]iso/ })
    .locator('..')
    .click();
  await expect(sheet()).toContainText('Recognised: Debian');
  await expect(summary()).toContainText('It starts');
  await expect(summary().getByRole('meter', { name: 'Memory of the host' })).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await create().click();
  await expect(sheet().getByRole('heading', { name: /Done/ })).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  const door = sheet().getByRole('button', { name: 'Open its console' });
  await expect(door).toBeFocused();
  await door.click();
  await expect(page).toHaveURL(/#\/machine\/.*\/console$/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('debian');
});

test('the keyboard alone: a machine that starts from the network', async () => {
  // The console that is open has the keyboard: it is left first.
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeFocused();
  await page.keyboard.press('n');
  await expect(sheet().getByRole('region', { name: 'Source' })).toBeFocused();
  await expect(sheet().getByRole('radio', { name: 'Cloud image', exact: true })).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(sheet().getByRole('radio', { name: 'Cloud image', exact: true })).toBeFocused();
  for (const source of [
    'A machine that runs (SSH)',
    'Disk of Windows or Hyper-V',
    'Clonezilla image',
    'Network boot',
  ]) {
    await page.keyboard.press('ArrowUp');
    await expect(sheet().getByRole('radio', { name: source })).toBeChecked();
  }
  await page.keyboard.press('Control+7');
  await expect(sheet().getByRole('region', { name: 'Name & start' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('pxe-1');
  await expect(create()).toBeEnabled();
  await expect(summary()).toContainText('Define pxe-1');
  await page.keyboard.press('Control+Enter');
  await expect(sheet().getByRole('button', { name: 'Open its console' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/machine\/.*\/console$/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('pxe-1');
});

test('problems stand at their fields as one types, and lead there from the summary', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  await sheet().getByRole('radio', { name: 'Network boot' }).locator('..').click();
  await section('Name & start').click();
  const name = sheet().getByLabel('Name', { exact: true });
  await name.fill('pxe-1');
  await expect(name).toHaveAccessibleDescription(/has a machine pxe-1 already/);
  await expect(create()).toBeDisabled();
  await section('Network').click();
  await sheet().getByText('MAC, VLAN, filter, cable').click();
  await sheet().getByLabel('MAC', { exact: true }).fill('53:54:00:00:00:01');
  await expect(sheet().getByLabel('MAC', { exact: true })).toHaveAccessibleDescription(/A MAC is six pairs/);
  await expect(section('Network has a problem')).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await section('Source').click();
  await summary()
    .getByRole('button', { name: /A MAC is six pairs/ })
    .click();
  await expect(sheet().getByRole('region', { name: 'Network' })).toBeVisible();
  await sheet().getByText('MAC, VLAN, filter, cable').click();
  await sheet().getByLabel('MAC', { exact: true }).fill('');
  await section('Name & start').click();
  await name.fill('pxe-2');
  await expect(create()).toBeEnabled();
});

test('a closed sheet keeps its draft, in every section, and starts over when told so', async () => {
  await section('System').click();
  await sheet().getByLabel('vCPUs', { exact: true }).fill('6');
  await expect(summary()).toContainText('6 vCPUs');
  await page.keyboard.press('Escape');
  await expect(sheet()).toBeHidden();
  await page.getByRole('button', { name: 'New machine' }).click();
  await expect(summary()).toContainText('6 vCPUs');
  for (const name of ['System', 'Disks', 'Network', 'Console & devices', 'First boot', 'Name & start']) {
    await section(name).click();
    await expect(sheet().getByRole('region', { name })).toBeVisible();
    const folded = sheet().locator('details:not([open]) > summary');
    while ((await folded.count()) > 0) await folded.first().click();
    await eachTheme(page, () => expectAccessible(page));
  }
  await sheet().getByRole('button', { name: 'Start over' }).click();
  await expect(summary()).toContainText('Choose what the machine is made from');
});

test('a cloud image: who logs in, a template, and a warning when nobody can', async () => {
  await sheet().getByRole('radio', { name: 'Debian 12', exact: true }).locator('..').click();
  await expect(create()).toBeEnabled();
  await section('First boot').click();
  await expect(sheet()).toContainText('debian has no key and no password: nobody will be able to log in.');
  await sheet().getByLabel('Password', { exact: true }).fill('a secret');
  await expect(sheet()).not.toContainText('nobody will be able to log in');
  await sheet().getByRole('radio', { name: 'Load balancer' }).locator('..').click();
  await expect(sheet().getByLabel('Packages', { exact: true })).toHaveValue('trafficserver qemu-guest-agent');
  const paths = sheet().getByLabel('Path in the machine');
  await expect(paths).toHaveCount(2);
  await expect(paths.first()).toHaveValue('/etc/trafficserver/remap.config');
  await expect(paths.last()).toHaveValue('/etc/trafficserver/parent.config');
  await eachTheme(page, () => expectAccessible(page));
  await sheet().getByText('Own cloud-config').click();
  await sheet().getByLabel('YAML', { exact: true }).fill('packages: [');
  await expect(section('First boot has a problem')).toBeVisible();
  await sheet().getByLabel('YAML', { exact: true }).fill('');
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => sessionStorage.getItem('virtlane.create'))).not.toContain('a secret');
});

test('the form follows XML that is edited, and a field that changes afterwards leaves the rest of the edit', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  await expect(create()).toBeEnabled();
  await summary().getByRole('button', { name: 'Show as virt-install' }).click();
  await expect(sheet().getByRole('region', { name: /virt-install/ })).toContainText('virt-install');
  await summary().getByRole('button', { name: 'Show as XML' }).click();
  const editor = sheet().getByRole('textbox', { name: 'XML of the machine' });
  await expect(editor).toContainText('<domain');
  await eachTheme(page, () => expectAccessible(page));
  const made = await fullText(editor);
  await editor.fill("<domain type='kvm'><name>x</name>");
  await expect(summary()).toContainText('Before it can be created');
  await expect(create()).toBeDisabled();
  await expect(sheet()).toContainText(
    /Not read: .*\(line 1, column \d+\)\. The form shows the last state that could be read\./,
  );
  await expect(sheet()).not.toContainText('and the form follows it');
  await expect(summary()).toContainText('As it was before the XML could not be read.');
  await expect(summary()).not.toContainText('Steps');
  await expect(section('Network has a problem')).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await section('System').click();
  await expect(sheet()).toContainText('The XML was edited by hand and cannot be read');
  const vcpus = sheet().getByLabel('vCPUs', { exact: true });
  await expect(vcpus).toBeDisabled();
  await summary().getByRole('button', { name: 'Show as XML' }).click();
  const tune = '<cputune><shares>2048</shares></cputune>';
  await editor.fill(made.replace(/<vcpu>\d+</, '<vcpu>7<').replace('<os>', `${tune}<os>`));
  await expect(summary()).toContainText('7 vCPUs');
  await expect(create()).toBeEnabled();
  await section('System').click();
  await expect(sheet()).toContainText('what libvirt does not know it drops');
  await expect(vcpus).toHaveValue('7');
  await eachTheme(page, () => expectAccessible(page));
  await vcpus.fill('5');
  await expect(summary()).toContainText('5 vCPUs');
  await summary().getByRole('button', { name: 'Show as XML' }).click();
  await expect(editor).toContainText('<vcpu>5</vcpu>');
  await expect(editor).toContainText(tune);
  await sheet().getByRole('button', { name: 'Discard the edit' }).click();
  const asked = page.getByRole('dialog', { name: 'Discard the edited XML?' });
  await expect(asked).toContainText('What you changed in it since goes too: System.');
  await page.keyboard.press('Escape');
  await expect(asked).toBeHidden();
  await expect(editor).toContainText('<vcpu>5</vcpu>');
  await sheet().getByRole('button', { name: 'Discard the edit' }).click();
  await asked.getByRole('button', { name: 'Discard the edit' }).click();
  await expect(editor).toContainText('<vcpu>2</vcpu>');
  await expect(editor).not.toContainText('cputune');
});

test('what has changed on the host since it was planned is said once, at its field and in the summary', async () => {
  await section('Name & start').click();
  const name = sheet().getByLabel('Name', { exact: true });
  await name.fill('race-1');
  await expect(summary()).toContainText('Define race-1');
  await expect(create()).toBeEnabled();
  const other = await page.context().newPage();
  await other.goto(new URL('/', page.url()).href);
  await other.getByRole('button', { name: 'New machine' }).click();
  const theirs = other.getByRole('dialog', { name: 'New machine' });
  await theirs.getByRole('radio', { name: 'Network boot' }).locator('..').click();
  await theirs.getByRole('navigation', { name: 'Sections' }).getByRole('button', { name: /^Name/ }).click();
  await theirs.getByLabel('Name', { exact: true }).fill('race-1');
  await theirs.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(theirs.getByRole('button', { name: 'Open race-1' })).toBeVisible();
  await other.close();
  await section('Network').click();
  await create().click();
  await expect(section('Name & start has a problem')).toHaveAttribute('aria-current', 'step');
  await expect(name).toHaveAccessibleDescription(/has a machine race-1 already/);
  await expect(summary()).toContainText(/Name & start: kvm-a has a machine race-1 already\./);
  await expect(sheet()).not.toContainText('is not created');
  await expect(create()).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
  await name.fill('pxe-2');
  await expect(create()).toBeEnabled();
});

test('what it starts from is ordered by keys, by buttons and by dragging', async () => {
  await section('System').click();
  await sheet().getByText('What it starts from').click();
  await sheet().getByRole('checkbox', { name: 'An order of its own' }).check();
  const order = sheet().getByRole('list', { name: 'What it starts from' });
  const chosen = () => order.getByRole('checkbox', { checked: true });
  const network = order.getByRole('checkbox', { name: 'Network' });
  await network.check();
  await network.press('Alt+ArrowUp');
  await expect(chosen().first()).toHaveAccessibleName('Network');
  await expect(network).toBeFocused();
  await order.getByRole('button', { name: 'Later: Network' }).click();
  await expect(chosen().first()).toHaveAccessibleName('Disk');
  await order
    .getByRole('listitem')
    .filter({ hasText: 'Network' })
    .dragTo(order.getByRole('listitem').filter({ hasText: /^1Disk/ }));
  await expect(chosen().first()).toHaveAccessibleName('Network');
  await eachTheme(page, () => expectAccessible(page));
  await summary().getByRole('button', { name: 'Show as XML' }).click();
  await expect(sheet().getByRole('textbox', { name: 'XML of the machine' })).toContainText(
    /<boot dev='network'\/>\s*<boot dev='hd'\/>/,
  );
});

/** What is in an editor, of which only the lines in view are drawn. */
async function fullText(editor: Locator): Promise<string> {
  await editor.press('Control+a');
  const drawn = await editor.evaluate(
    (element: HTMLElement & { cmTile?: { root?: { view?: { state: { doc: { toString(): string } } } } } }) =>
      element.cmTile?.root?.view?.state.doc.toString(),
  );
  expect(drawn, 'the editor tells its text').toBeDefined();
  return drawn ?? '';
}

test('nothing is cut from a phone to a wall: no sideways scrolling, the last button in view', async () => {
  for (const [width, height] of [
    [390, 844],
    [1024, 700],
    [1440, 900],
    [3840, 2160],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const name of [
      'Source',
      'System',
      'Disks',
      'Network',
      'Console & devices',
      'First boot',
      'Name & start',
    ]) {
      await section(name).click();
      await expect(sheet().getByRole('region', { name })).toBeVisible();
      await expect(create()).toBeInViewport();
      const over = await sheet()
        .getByRole('region', { name })
        .evaluate((element) => element.scrollWidth - element.clientWidth);
      expect(over, `${name} at ${width}`).toBeLessThanOrEqual(0);
    }
    await expectAccessible(page);
  }
});
