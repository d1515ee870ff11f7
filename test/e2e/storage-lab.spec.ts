import { createHash } from 'node:crypto';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import { App } from './support/app.ts';
import { connectTo } from './support/connect.ts';

/** The storage page on a real host: what the window says is what lies on the host's disk. */
test.describe.configure({ mode: 'serial' });

const FOLDER = '/var/lib/libvirt/virtlane-e2e';
const IMAGE = Buffer.concat([Buffer.alloc(5_000_001, 'lane'), Buffer.alloc(20_000_000), Buffer.from('end')]);
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

let lab: Lab;
let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(2);
  await lab.clean(1);
  app = await App.start({ lab });
  page = await (await browser.newContext()).newPage();
  await page.goto(app.url);
  await connectTo(page, `root@${lab.address(1)}`);
  await page.getByRole('link', { name: 'Storage' }).click();
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (lab === undefined) return;
  await lab.thaw(1);
  await lab.exec(1, 'sh', '-c', `virsh pool-destroy e2e; virsh pool-undefine e2e; rm -rf ${FOLDER}`);
  await lab.clean(1);
  await lab.release();
});

const dialog = (): Locator => page.getByRole('dialog');
const volume = (name: string): Locator =>
  page
    .getByRole('grid', { name: 'Volumes of e2e' })
    .locator('[data-index]')
    .filter({ has: page.getByText(name, { exact: true }) });

test('a pool is made with its folder, and runs', async () => {
  await page.getByRole('button', { name: 'New pool' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('e2e');
  await dialog().getByLabel('Folder', { exact: true }).fill(FOLDER);
  await dialog().getByRole('button', { name: 'Create pool' }).click();
  await dialog().getByRole('button', { name: 'Open e2e' }).click();
  await expect(page.getByText('No volumes yet')).toBeVisible();
  expect(await lab.exec(1, 'virsh', 'pool-list', '--name')).toContain('e2e');
});

test('an upload arrives byte for byte, with its holes', async () => {
  await page.getByRole('button', { name: 'Upload' }).click();
  await dialog().locator('input[type=file]').setInputFiles({ name: 'disk.img', mimeType: '', buffer: IMAGE });
  await dialog().getByRole('button', { name: 'Upload 1 file' }).click();
  await expect(page.getByRole('list', { name: 'Jobs of this pool' })).toContainText(SHA256);
  await expect(volume('disk.img')).toContainText('unused');
  const file = `${FOLDER}/disk.img`;
  expect(await lab.exec(1, 'sha256sum', file)).toContain(SHA256);
  const blocks = Number(await lab.exec(1, 'stat', '-c', '%b', file));
  expect(blocks * 512).toBeLessThan(IMAGE.length);
});

test('a volume that another tool makes is there after looking again', async () => {
  await lab.exec(1, 'truncate', '-s', '1G', `${FOLDER}/by-hand.img`);
  await page.getByRole('button', { name: 'More actions of e2e' }).click();
  await page.getByRole('menuitem', { name: 'Look again' }).click();
  await expect(volume('by-hand.img')).toContainText('1 GiB');
});

test('a host that is lost keeps what it told, and says so', async () => {
  await lab.freeze(1);
  await expect(page.getByText('What is shown is what it last told.')).toBeVisible({ timeout: 120_000 });
  await expect(volume('disk.img')).toBeVisible();
  await expect(page.getByRole('button', { name: 'New pool' })).toBeDisabled();
  await lab.thaw(1);
  await expect(page.getByText('What is shown is what it last told.')).toBeHidden({ timeout: 120_000 });
  await expect(page.getByRole('button', { name: 'New pool' })).toBeEnabled();
});
