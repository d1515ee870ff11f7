import { connectInMemory } from '../../main/bridge/connection.ts';
import type { Lab } from '../lab/lab.ts';
import { delayProxy } from './delay-proxy.ts';
import { benchCore } from './ours.ts';
import type { Report } from './report.ts';
import { theirs } from './theirs.ts';

const MACHINES = 1000;
const ROUND_TRIP_MS = 100;
const LIBVIRT_TCP_PORT = 16_509;

/**
 * A host of 1,000 machines (libvirt's test driver in a real daemon) behind 100 ms: nothing to a usable list, against the calls that
 * virt-manager makes before it shows a connection as active, made by libvirt's own C library through the same proxy.
 */
export async function benchSlowLink(lab: Lab, report: Report): Promise<void> {
  const file = '/root/bench-thousand.xml';
  await lab.execWith(testDriverXml(MACHINES), 1, 'sh', '-c', `cat > ${file}`);
  const proxy = await delayProxy({ host: lab.address(1), port: LIBVIRT_TCP_PORT }, ROUND_TRIP_MS);
  try {
    const uri = `test+tcp://127.0.0.1:${proxy.port}${file}`;
    const started = performance.now();
    await usableList(uri);
    const seconds = (performance.now() - started) / 1000;
    const calls = proxy.calls;
    proxy.reset();
    const other = await theirs<{ seconds: number }>('connect', uri);
    const against = 'virt-manager’s calls';
    const name = `A host of ${MACHINES} machines behind ${ROUND_TRIP_MS} ms`;
    report.add(`${name}: nothing to a usable list`, 's', { ours: seconds, theirs: other.seconds, against });
    report.add(`${name}: calls until then`, 'calls', { ours: calls, theirs: proxy.calls, against });
  } finally {
    proxy.close();
  }
}

/** Resolves when a window that watches the inventory has all machines. */
async function usableList(uri: string): Promise<void> {
  const core = await benchCore();
  const connection = connectInMemory(core);
  try {
    await connection.client.host.add({ target: uri });
    for await (const message of await connection.client.inventory.watch({})) {
      const domains =
        message.type === 'snapshot'
          ? message.domains
          : message.changes.flatMap((change) => (change.type === 'domains' ? change.domains : []));
      if (domains.length >= MACHINES) break;
    }
  } finally {
    connection.close();
    await core.close();
  }
}

/** A configuration of the test driver (`test:///path`). */
export function testDriverXml(machines: number): string {
  const domains = Array.from({ length: machines }, (_, index) => {
    const number = String(index).padStart(4, '0');
    return `<domain type='test'><name>vm-${number}</name><uuid>00000000-0000-4000-8000-00000000${number}</uuid><memory>1048576</memory><vcpu>2</vcpu><os><type arch='x86_64'>hvm</type></os></domain>`;
  });
  return `<node>${domains.join('')}</node>`;
}
