import { expect, test, type Locator, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import type { App } from './support/app.ts';
import { dropNetwork, makeNetwork, openPair } from './support/lab-pair.ts';

/** A machine that runs on real libvirt is cloned by the window to another host, where what is not there is mended first. */
test.describe.configure({ mode: 'serial' });

const NAME = 'model';
const CLONE = 'model-far';

let lab: Lab;
let app: App;
let page: Page;

const dialog = (): Locator => page.getByRole('dialog', { name: `Clone ${NAME}` });
const row = (name: string): Locator =>
  page.getByRole('grid', { name: 'Machines' }).locator('[data-index]').filter({ hasText: name });
const section = (title: string): Locator =>
  dialog()
    .getByRole('navigation', { name: 'Sections' })
    .getByRole('button', { name: new RegExp(`^${title}`) });
test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(2);
  await Promise.all([lab.clean(1), lab.clean(2)]);
  await lab.addGuest(1, NAME, { memoryMiB: 96, headless: true });
  await Promise.all([makeNetwork(lab, 1, 'office'), makeNetwork(lab, 2, 'lan')]);
  await lab.exec(
    1,
    'sh',
    '-ec',
    `virsh -q attach-interface ${NAME} network office --model virtio --config; virsh -q start ${NAME}`,
  );
  ({ app, page } = await openPair(browser, lab, async (opened) => {
    page = opened;
    await expect(row(NAME)).toContainText('Running');
  }));
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (lab === undefined) return;
  await Promise.all([lab.clean(1), lab.clean(2)]);
  await Promise.all([dropNetwork(lab, 1, 'office'), dropNetwork(lab, 2, 'lan')]);
  await lab.release();
});

test('from its row to the clone that runs: a link and a network that are not there are red, and are mended', async () => {
  await row(NAME).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Clone…' }).click();
  const clone = dialog().getByRole('button', { name: 'Clone', exact: true });
  await expect(clone).toBeEnabled();
  await section('Disks').click();
  await dialog().getByRole('combobox', { name: 'In the clone' }).first().click();
  await page.getByRole('option', { name: 'Lies on the original' }).click();
  await expect(dialog().getByRole('alert').first()).toContainText('while it is written to');
  await expect(clone).toBeDisabled();
  await dialog().getByRole('combobox', { name: 'In the clone' }).first().click();
  await page.getByRole('option', { name: 'A copy' }).click();
  await expect(clone).toBeEnabled();
  await section('Machine').click();
  await dialog().getByRole('combobox', { name: 'On the host' }).click();
  await page.getByRole('option', { name: 'lab2' }).click();
  await expect(clone).toBeDisabled();
  await dialog().getByRole('textbox', { name: 'Name' }).fill(CLONE);
  await dialog().getByRole('checkbox', { name: 'Start it when' }).check();
  await section('Hardware').click();
  await expect(dialog().getByRole('alert').first()).toContainText('lab2 has no network office');
  await dialog().getByRole('combobox', { name: 'Network in place of office' }).click();
  await page.getByRole('option', { name: 'lan' }).click();
  await expect(dialog().getByRole('alert')).toHaveCount(0);
  await expect(clone).toBeEnabled();
  await clone.click();
  await expect(dialog().getByRole('heading', { name: /Done/ })).toBeVisible({ timeout: 120_000 });
  await dialog()
    .getByRole('button', { name: `Open ${CLONE}` })
    .click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(CLONE);
  await expect(page.getByText(/^Running for/)).toBeVisible();
  expect((await lab.exec(2, 'virsh', 'domstate', CLONE)).trim()).toBe('running');
  expect(await lab.exec(2, 'virsh', 'dumpxml', CLONE)).toContain("network='lan'");
  expect((await lab.exec(1, 'virsh', 'domstate', NAME)).trim()).toBe('running');
  expect(await lab.exec(1, 'ls', '/var/lib/libvirt/images')).not.toContain('on-its-way');
  await page.goBack();
});

test('a machine that goes off while its sheet is open is looked at again', async () => {
  await row(NAME).filter({ hasNotText: CLONE }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Clone…' }).click();
  const summary = dialog().getByRole('complementary', { name: 'What will be made' });
  await expect(summary).toContainText(`Copy vda of ${NAME} while it runs`);
  await lab.exec(1, 'virsh', '-q', 'destroy', NAME);
  await expect(summary).toContainText('As it is, switched off');
});

test('an empty name is told at its field', async () => {
  await section('Machine').click();
  const name = dialog().getByRole('textbox', { name: 'Name' });
  await name.fill('');
  await expect(dialog().getByText('It needs a name.').first()).toBeVisible();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Escape');
});

test('when Virtlane ends in the middle of a job, its sheet does not go on counting', async () => {
  const bulk = '/var/lib/libvirt/images/bulk.raw';
  await lab.exec(
    1,
    'sh',
    '-ec',
    `head -c 400M /dev/urandom > ${bulk}; virsh -q pool-refresh default; virsh -q attach-disk ${NAME} ${bulk} vdb --driver qemu --subdriver raw --config`,
  );
  await row(NAME).filter({ hasNotText: CLONE }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Clone…' }).click();
  await section('Machine').click();
  await dialog().getByRole('combobox', { name: 'On the host' }).click();
  await page.getByRole('option', { name: 'lab2' }).click();
  await dialog().getByRole('textbox', { name: 'Name' }).fill('bulky');
  await section('Hardware').click();
  await dialog().getByRole('combobox', { name: 'Network in place of office' }).click();
  await page.getByRole('option', { name: 'lan' }).click();
  await dialog().getByRole('button', { name: 'Clone', exact: true }).click();
  await expect(dialog().getByRole('progressbar').first()).toBeVisible();
  await app.stop();
  await expect(dialog().getByText('Virtlane’s core does not answer.')).toBeVisible();
  await expect(dialog().getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  await expect(dialog().getByRole('heading', { name: /Running/ })).toHaveCount(0);
});
