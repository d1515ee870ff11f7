import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { readHostInfo } from '../../../main/hosts/host-info.ts';

type Answers = Record<string, (args: { nparams: number }) => unknown>;

/** A host that knows these calls and no others. */
function host(answers: Answers): LibvirtClient {
  const remote = new Proxy(answers, {
    get: (known, name: string) => (args: { nparams: number }) => {
      const answer = known[name];
      if (answer !== undefined) return Promise.resolve(answer(args));
      return Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_SUPPORT', message: 'no' }));
    },
  });
  return { remote } as unknown as LibvirtClient;
}

const node = { model: 'x86_64', memory: 13n << 20n, cpus: 2, mhz: 2000, sockets: 1, cores: 2, threads: 1 };

test('the memory of a host is what its kernel counts, as in the figures, not the sum of its NUMA nodes', async () => {
  const params = [
    { field: 'free', value: 1n },
    { field: 'total', value: 24n << 20n },
  ];
  const client = host({
    nodeGetInfo: () => node,
    nodeGetMemoryStats: ({ nparams }) => ({ params: nparams === 0 ? [] : params, nparams: 2 }),
  });
  assert.equal((await readHostInfo(client, {})).memoryKiB, 24 << 20);
});

test('a driver without memory statistics tells the memory with its CPUs', async () => {
  assert.equal((await readHostInfo(host({ nodeGetInfo: () => node }), {})).memoryKiB, 13 << 20);
});

test('a driver that tells nothing leaves everything empty', async () => {
  const info = await readHostInfo(host({}), {});
  assert.deepEqual([info.memoryKiB, info.cpus, info.hostname, info.kvm], [0, 0, '', null]);
});
