import type { DomainRef } from '../../libvirt/protocol/structs.ts';

/** What happens on a host, before it is known who has asked to be told. Numbers are libvirt's. */
export type HostEvent =
  | { type: 'lifecycle'; dom: DomainRef; event: number; detail: number }
  | { type: 'reboot'; dom: DomainRef }
  | { type: 'balloonChange'; dom: DomainRef; actualKiB: number }
  | { type: 'metadataChange'; dom: DomainRef; metadata: number; uri: string | null }
  | { type: 'agentLifecycle'; dom: DomainRef; state: number; reason: number }
  | { type: 'poolLifecycle'; pool: { name: string; uuid: Uint8Array }; event: number; detail: number }
  | { type: 'poolRefresh'; pool: { name: string; uuid: Uint8Array } }
  | { type: 'networkLifecycle'; net: { name: string; uuid: Uint8Array }; event: number; detail: number };
