import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { Demo } from './support/demo.ts';

/** The storage page on the demo fleet: pools and volumes made, filled, changed and deleted, by mouse and by keyboard alone. */
test.describe.configure({ mode: 'serial' });

let demo: Demo;
let page: Page;

test.beforeAll(async ({ browser }) => {
  // Where the browser would ask for a place, a test has nobody to answer: it then downloads as it always did.
  demo = await Demo.open(browser, {
    context: { acceptDownloads: true },
    prepare: (fresh) => fresh.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker')),
  });
  page = demo.page;
});

test.afterAll(async () => {
  await demo?.close();
});

const pools = (): Locator => page.getByRole('navigation', { name: 'Pools' }).getByRole('link');
const volumes = (): Locator => page.getByRole('grid', { name: /^Volumes of/ });
const volume = (name: string): Locator =>
  volumes()
    .locator('[data-index]')
    .filter({ has: page.getByText(name, { exact: true }) });
const panel = (name: string): Locator => page.getByRole('complementary', { name, exact: true });
const dialog = (): Locator => page.getByRole('dialog');
const jobs = (): Locator => page.getByRole('list', { name: 'Jobs of this pool' }).getByRole('listitem');

test('g s opens the pools of all hosts, with what is free, and the keyboard goes on from there', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await expect(page).toHaveTitle('Storage – Virtlane');
  await expect(page.getByText('9 pools on 3 hosts')).toBeVisible();
  for (const host of ['kvm-a', 'kvm-b', 'kvm-c'])
    await expect(page.getByRole('region', { name: host }).getByRole('link')).toHaveCount(3);
  const chosen = page.locator('a[data-pool][aria-current]');
  await expect(chosen).toContainText('default');
  await expect(chosen).toBeFocused();
  await expect(chosen.getByRole('meter')).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
});

test('the keyboard alone: another pool, its volumes, the filter, a volume and back', async () => {
  await page.keyboard.press('j');
  await expect(page.locator('a[data-pool][aria-current]')).toContainText('iso');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await expect(volumes()).toBeFocused();
  await page.keyboard.press('/');
  await page.keyboard.type('gitlab');
  await expect(volumes().locator('[data-index]')).toHaveCount(2);
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(panel('gitlab.qcow2')).toContainText('/var/lib/libvirt/images/gitlab.qcow2');
  await expect(panel('gitlab.qcow2').getByRole('link', { name: 'gitlab' })).toHaveAttribute(
    'href',
    /^#\/machine\//,
  );
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Delete');
  await expect(dialog()).toContainText('It cannot be deleted now');
  await expect(dialog().getByRole('button', { name: /^Delete/ })).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Escape');
  await expect(volumes()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('a[data-pool][aria-current]')).toBeFocused();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeFocused();
  await page.goBack();
});

test('a pool is made in one sheet: problems at the field, XML as one types, steps at the end', async () => {
  await page.getByRole('button', { name: 'New pool' }).click();
  const name = dialog().getByLabel('Name', { exact: true });
  await expect(name).toBeFocused();
  await name.fill('default');
  await expect(dialog()).toContainText('The host has a pool of this name.');
  await expect(dialog().getByRole('button', { name: 'Create pool' })).toBeDisabled();
  await name.fill('fast');
  await expect(dialog().getByLabel('Folder', { exact: true })).toHaveValue('/var/lib/libvirt/fast');
  await expect(dialog().locator('pre')).toContainText('<path>/var/lib/libvirt/fast</path>');
  await eachTheme(page, () => expectAccessible(page));
  await dialog()
    .getByRole('radio', { name: /^Network share/ })
    .click();
  await expect(dialog().getByRole('button', { name: 'Name the server first' })).toBeDisabled();
  await dialog()
    .getByRole('radio', { name: /^Folder/ })
    .click();
  await expect(dialog().getByRole('button', { name: 'Create pool' })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await dialog().getByRole('button', { name: 'Open fast' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'fast' })).toBeVisible();
  await expect(page.getByText('No volumes yet')).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
});

const IMAGE = Buffer.alloc(3 * 1024 * 1024, 'virtlane');
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

test('a file is uploaded, and its SHA-256 told', async () => {
  await page.getByRole('button', { name: 'Upload' }).click();
  await dialog()
    .locator('input[type=file]')
    .setInputFiles({ name: 'installer.iso', mimeType: '', buffer: IMAGE });
  await expect(dialog().getByLabel('Name of the volume')).toHaveValue('installer.iso');
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByRole('button', { name: 'Upload 1 file' }).click();
  await expect(dialog()).toBeHidden();
  await expect(jobs()).toContainText(SHA256);
  await expect(volume('installer.iso')).toContainText('3 MiB');
  await expect(volume('installer.iso')).toContainText('unused');
  await eachTheme(page, () => expectAccessible(page));
});

test('files that are dropped onto a pool are offered for upload', async () => {
  const files = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(4096)], 'dropped.img'));
    transfer.items.add(new File(['KDMV'], 'other.vmdk'));
    return transfer;
  });
  const target = pools().filter({ hasText: 'fast' });
  await target.dispatchEvent('dragenter', { dataTransfer: files });
  await target.dispatchEvent('drop', { dataTransfer: files });
  await expect(dialog()).toContainText('Upload into fast');
  await expect(dialog()).toContainText('Convert it first: qemu-img convert -O qcow2 other.vmdk disk.qcow2');
  await expect(dialog().getByRole('button', { name: 'Upload 2 files' })).toBeDisabled();
  await dialog().getByRole('button', { name: 'Leave out other.vmdk' }).click();
  await dialog().getByRole('button', { name: 'Upload 1 file' }).click();
  await expect(volume('dropped.img')).toContainText('4 KiB');
});

test('what was uploaded is downloaded byte for byte', async () => {
  await volume('installer.iso').click();
  await panel('installer.iso').getByRole('button', { name: 'More actions of installer.iso' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Download' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('installer.iso');
  const bytes = await readFile(await file.path());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(SHA256);
});

test('a right click or the menu key on a volume opens what can be done with it', async () => {
  await volume('installer.iso').click({ button: 'right' });
  const menu = page.getByRole('menu');
  await expect(menu.getByRole('menuitem')).toHaveText([
    'Resize',
    'Clone',
    'Download',
    'Show the XML',
    'Overwrite with zeros',
    'Delete',
  ]);
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await expect(volumes()).toBeFocused();
  await page.keyboard.press('Shift+F10');
  await menu.getByRole('menuitem', { name: 'Show the XML' }).press('Enter');
  await expect(dialog()).toContainText('installer.iso');
  await page.keyboard.press('Escape');
  await expect(volumes()).toBeFocused();
});

test('a volume is made, resized, cloned, and deleted once its name is typed', async () => {
  await page.getByRole('button', { name: 'New volume' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('data.qcow2');
  await dialog().getByLabel('Size').fill('8');
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByRole('button', { name: 'Create' }).click();
  await expect(volume('data.qcow2')).toContainText('8 GiB');
  await volume('data.qcow2').click();
  await panel('data.qcow2').getByRole('button', { name: 'Resize' }).click();
  await dialog().getByLabel('New size').fill('4');
  await expect(dialog().getByRole('button', { name: 'Resize' })).toBeDisabled();
  await expect(dialog()).toContainText('Cut off what lies beyond the new end');
  await dialog().getByLabel('New size').fill('16');
  await dialog().getByRole('button', { name: 'Resize' }).click();
  await expect(volume('data.qcow2')).toContainText('16 GiB');
  await panel('data.qcow2').getByRole('button', { name: 'Clone' }).click();
  await expect(dialog().getByLabel('Name of the copy')).toHaveValue('data-copy.qcow2');
  await dialog().getByRole('button', { name: 'Clone' }).click();
  await expect(volume('data-copy.qcow2')).toBeVisible();
  await volume('data.qcow2').click();
  await volumes().focus();
  await page.keyboard.press('Delete');
  await expect(dialog().getByRole('button', { name: /^Delete/ })).toBeDisabled();
  await dialog().getByLabel('Type data.qcow2 to delete it').fill('data.qcow2');
  // The host has a pool that is stopped.
  await expect(dialog()).toContainText('what their volumes lie on cannot be seen: archive');
  await expect(dialog().getByRole('button', { name: /^Delete/ })).toBeDisabled();
  await dialog().getByLabel('Go on all the same').check();
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByLabel('Type data.qcow2 to delete it').focus();
  await page.keyboard.press('Enter');
  await expect(volume('data.qcow2')).toBeHidden();
  await expect(panel('Volume')).toContainText('not there any more');
  await page.keyboard.press('Escape');
});

test('a volume on another one is drawn with it, and the base cannot be deleted', async () => {
  await page.getByRole('button', { name: 'New volume' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('overlay.qcow2');
  await dialog().getByLabel('Lies on').click();
  await page.getByRole('option', { name: 'data-copy.qcow2' }).click();
  await dialog().getByLabel('Size').fill('16');
  await dialog().getByRole('button', { name: 'Create' }).click();
  await expect(volume('data-copy.qcow2')).toContainText('base of overlay.qcow2');
  await volume('overlay.qcow2').click();
  await panel('overlay.qcow2').getByRole('link', { name: 'data-copy.qcow2' }).click();
  await expect(panel('data-copy.qcow2').getByRole('link', { name: 'overlay.qcow2' })).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await volumes().focus();
  await page.keyboard.press('Delete');
  await expect(dialog()).toContainText('These cannot be read any more without it:');
  await expect(dialog().getByRole('button', { name: /^Delete/ })).toBeDisabled();
  await page.keyboard.press('Escape');
});

test('a pool is stopped, started and deleted with what is in it', async () => {
  const more = page.getByRole('button', { name: 'More actions of fast' });
  await more.click();
  await page.getByRole('menuitem', { name: 'Stop' }).click();
  await dialog().getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('Its volumes are out of libvirt’s sight until it is started.')).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await page.getByRole('main').getByRole('button', { name: 'Start', exact: true }).click();
  await expect(volume('overlay.qcow2')).toBeVisible();
  await more.click();
  await page.getByRole('menuitem', { name: 'Delete pool' }).click();
  await dialog().getByRole('checkbox').check();
  await dialog().getByLabel('Go on all the same').check();
  await dialog().getByLabel('Type fast to delete it').fill('fast');
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByRole('button', { name: 'Delete pool' }).click();
  await expect(pools().filter({ hasText: 'fast' })).toHaveCount(0);
  await expect(page.getByText('This pool is not there any more')).toBeVisible();
});

test('on a phone it is one thing at a time, with a way back', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate(() => (location.hash = '#/storage'));
  await expect(volumes()).toBeHidden();
  await pools().filter({ hasText: 'default' }).first().click();
  await expect(pools().first()).toBeHidden();
  await volumes().locator('[data-index]').first().click();
  await expect(volumes()).toBeHidden();
  await eachTheme(page, () => expectAccessible(page));
  await page.getByRole('button', { name: 'Back to default' }).click();
  await page.getByRole('button', { name: 'All pools' }).click();
  await expect(pools().first()).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
  await page.setViewportSize({ width: 1440, height: 900 });
});
