import { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { param } from '../../../drivers/libvirt/typed-params.ts';
import { remoteProgram } from '../../../drivers/libvirt/protocol/programs.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString, uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { RpcServer } from '../../../drivers/rpc/server.ts';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { HostSession } from '../../../main/hosts/session.ts';
import { LinkEnd } from '../../../main/hosts/link.ts';
import { settle } from '../hosts/fake-clock.ts';

export interface FakeMachine {
  name: string;
  uuid: string;
  id: number;
  state: number;
  reason: number;
  memoryKiB: number;
  autostart: boolean;
  persistent: boolean;
  managedSave: boolean;
  address: string | null;
}

type Handler = (args: never) => unknown;

export const uuidOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A libvirt host as far as the inventory needs one. It answers what has come in together, so that round trips can be counted. */
export class FakeHost {
  readonly machines = new Map<string, FakeMachine>();
  /** Names of the calls, and how often something was answered: one for all that came together. */
  readonly calls: string[] = [];
  rounds = 0;
  /** Calls that this host's driver does not have. */
  lacks = new Set<string>();
  /** A driver whose bulk statistics hold the state only, as libvirt's test driver. */
  stateOnly = false;
  /** Run before the answers of the next round are made. */
  beforeAnswers: (() => void) | null = null;
  #server: RpcServer | null = null;
  #waiting: (() => void)[] = [];

  add(n: number, change: Partial<FakeMachine> = {}): FakeMachine {
    const machine: FakeMachine = {
      name: `vm-${n}`,
      uuid: uuidOf(n),
      id: -1,
      state: 5,
      reason: 0,
      memoryKiB: 1024,
      autostart: false,
      persistent: true,
      managedSave: false,
      address: null,
      ...change,
    };
    this.machines.set(machine.uuid, machine);
    return machine;
  }

  async open(): Promise<HostSession> {
    const [ours, theirs] = memoryPair();
    this.#server = new RpcServer(theirs, {
      programs: [remoteProgram],
      handle: (name, args) => this.#handle(name, args),
    });
    const client = await LibvirtClient.connect(ours, { uri: 'qemu:///system', keepalive: null });
    this.calls.length = 0;
    this.rounds = 0;
    const end = new LinkEnd();
    const refuse = () => Promise.reject(new Error('not in this test'));
    const link = {
      closed: end.closed,
      commands: { exec: undefined, reason: 'not in this test' },
      openLibvirt: refuse,
      openTcp: refuse,
      openUnix: refuse,
      listenTcp: refuse,
      close: async () => end.close(),
    };
    return new HostSession({
      id: 'h',
      name: () => 'kvm-a',
      uri: 'qemu:///system',
      link,
      client,
      openClient: refuse,
    });
  }

  lifecycle(machine: FakeMachine, event: number, detail: number): void {
    this.event('domainEventCallbackLifecycle', { dom: refOf(machine), event, detail });
  }

  event(name: string, msg: object): void {
    this.#server?.sendEvent(remoteProgram, name, { callbackId: 0, ...msg });
  }

  async #handle(name: string, args: unknown): Promise<unknown> {
    this.calls.push(name);
    await new Promise<void>((resolve) => {
      if (this.#waiting.push(resolve) === 1) void this.#answerRound();
    });
    const handler: Handler | undefined = this.lacks.has(name) ? undefined : this.#handlers[name];
    if (handler === undefined)
      throw new LibvirtError({
        code: 'VIR_ERR_NO_SUPPORT',
        message: `this function is not supported: ${name}`,
      });
    return handler(args as never);
  }

  async #answerRound(): Promise<void> {
    await settle();
    this.rounds += 1;
    this.beforeAnswers?.();
    this.beforeAnswers = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #machine(dom: DomainRef): FakeMachine {
    const machine = this.machines.get(uuidToString(dom.uuid));
    if (machine === undefined)
      throw new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'Domain not found' });
    return machine;
  }

  readonly #handlers: Record<string, Handler> = {
    authList: () => ({ types: [0] }),
    connectOpen: () => undefined,
    connectClose: () => undefined,
    connectDomainEventCallbackRegisterAny: () => ({ callbackId: 0 }),
    connectListAllDomains: ({ flags }: { flags: number }) => {
      const fits = (machine: FakeMachine): boolean =>
        flags === 0 ||
        (flags === 8 && !machine.persistent) ||
        (flags === 256 && machine.managedSave) ||
        (flags === 1024 && machine.autostart);
      const domains = [...this.machines.values()].filter(fits).map(refOf);
      return { domains, ret: domains.length };
    },
    connectGetAllDomainStats: ({ doms }: { doms: DomainRef[] }) => {
      const of = doms.length === 0 ? [...this.machines.values()] : doms.map((dom) => this.#machine(dom));
      return { retStats: of.map((machine) => ({ dom: refOf(machine), params: this.#params(machine) })) };
    },
    domainLookupByUuid: ({ uuid }: { uuid: Uint8Array }) => ({
      dom: refOf(this.#machine({ name: '', uuid, id: 0 })),
    }),
    domainGetAutostart: ({ dom }: { dom: DomainRef }) => ({
      autostart: Number(this.#machine(dom).autostart),
    }),
    domainIsPersistent: ({ dom }: { dom: DomainRef }) => ({
      persistent: Number(this.#machine(dom).persistent),
    }),
    domainHasManagedSaveImage: ({ dom }: { dom: DomainRef }) => ({
      result: Number(this.#machine(dom).managedSave),
    }),
    domainGetInfo: ({ dom }: { dom: DomainRef }) => {
      const { state, memoryKiB } = this.#machine(dom);
      return { state, maxMem: BigInt(memoryKiB), memory: BigInt(memoryKiB), nrVirtCpu: 2, cpuTime: 0n };
    },
    domainInterfaceAddresses: ({ dom, source }: { dom: DomainRef; source: number }) => {
      const { address } = this.#machine(dom);
      const addrs = address === null || source !== 0 ? [] : [{ type: 0, addr: address, prefix: 24 }];
      return { ifaces: [{ name: 'vnet0', hwaddr: null, addrs }] };
    },
  };

  #params(machine: FakeMachine) {
    const state = [param('state.state', 'int', machine.state), param('state.reason', 'int', machine.reason)];
    if (this.stateOnly) return state;
    return [
      ...state,
      param('vcpu.current', 'uint', 2),
      param('vcpu.maximum', 'uint', 4),
      param('balloon.current', 'ullong', BigInt(machine.memoryKiB)),
      param('balloon.maximum', 'ullong', 2048n),
    ];
  }
}

export function refOf({ name, uuid, id }: FakeMachine): DomainRef {
  return { name, uuid: uuidFromString(uuid), id };
}
