import { expect, type Browser, type Page } from '@playwright/test';
import type { Lab } from '../../lab/lab.ts';
import { App } from './app.ts';
import { connectTo } from './connect.ts';

/** Two hosts of the lab, and the window that has both of them. */
export interface LabPair {
  readonly app: App;
  readonly page: Page;
}

/** Adds both hosts as a person does, once something on the first is shown, and goes to the list of machines. */
export async function openPair(
  browser: Browser,
  lab: Lab,
  firstShown: (page: Page) => Promise<void>,
): Promise<LabPair> {
  const app = await App.start({ lab });
  const page = await (await browser.newContext({ colorScheme: 'dark' })).newPage();
  await page.goto(app.url);
  await connectTo(page, `root@${lab.address(1)}`);
  await firstShown(page);
  await page.getByRole('button', { name: 'Add a host' }).click();
  await connectTo(page, `root@${lab.address(2)}`);
  await expect(page.getByRole('list').getByRole('link', { name: /Connected/ })).toHaveCount(2);
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /^Machines/ })
    .click();
  return { app, page };
}

/** A network with a bridge and nothing else, until it is stopped or its host restarts. */
export function makeNetwork(lab: Lab, host: number, name: string): Promise<string> {
  const xml = `<network><name>${name}</name><bridge name="br-${name}"/></network>`;
  return lab.exec(host, 'sh', '-c', `echo '${xml}' > /tmp/net.xml; virsh -q net-create /tmp/net.xml`);
}

/** Takes it away; nothing where it is not there. */
export function dropNetwork(lab: Lab, host: number, name: string): Promise<string> {
  return lab.exec(host, 'sh', '-c', `virsh -q net-destroy ${name}; virsh -q net-undefine ${name} || :`);
}

/** A machine that runs on the first host, its disk at a path of `/srv/shared`, where both have one folder and a pool of it. */
export async function shareGuest(lab: Lab, name: string, file: string): Promise<void> {
  await lab.addGuest(1, name, { memoryMiB: 96, headless: true });
  const pool = 'virsh -q pool-define-as shared dir --target /srv/shared; virsh -q pool-start shared';
  const own = `/var/lib/libvirt/images/${name}.qcow2`;
  const share = `mv ${own} ${file}
    virsh dumpxml ${name} | sed 's#${own}#${file}#' > /tmp/${name}.xml
    virsh -q define /tmp/${name}.xml`;
  await lab.exec(1, 'sh', '-ec', `${share}; ${pool}; virsh -q start ${name}`);
  await lab.exec(2, 'sh', '-ec', pool);
}

/** Takes it away, wherever it is. */
export async function dropShared(lab: Lab, name: string, file: string): Promise<void> {
  const drop = `virsh -q destroy ${name}; virsh -q undefine ${name}; virsh -q pool-destroy shared; virsh -q pool-undefine shared; rm -f ${file}`;
  for (const host of [1, 2]) await lab.exec(host, 'sh', '-c', drop);
}
