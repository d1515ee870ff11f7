import type { XmlElement } from '../../xml/index.ts';
import { count, deviceAlias, filled } from './values.ts';

/** A serial port, console or channel. */
export interface CharacterModel {
  readonly element: 'serial' | 'console' | 'channel' | 'parallel';
  /** What is behind it on the host: `pty`, `tcp`, `unix`, `file`, `spicevmc`… */
  readonly type: string;
  /** `isa-serial`, `virtio`, `serial`, … */
  readonly targetType: string | null;
  /** Name of a channel: `org.qemu.guest_agent.0`. */
  readonly targetName: string | null;
  readonly port: number | null;
  /** Whether the guest has opened it; libvirt tells it of a channel of a running machine. */
  readonly state: 'connected' | 'disconnected' | null;
  /** Path of the pty, socket or file on the host. */
  readonly path: string | null;
  readonly alias: string | null;
}

export function readCharacter(device: XmlElement, element: CharacterModel['element']): CharacterModel {
  const target = device.find('target');
  const state = target?.attribute('state');
  return {
    element,
    type: device.attribute('type') ?? 'unknown',
    targetType: filled(target?.attribute('type')),
    targetName: filled(target?.attribute('name')),
    port: count(target?.attribute('port')),
    state: state === 'connected' || state === 'disconnected' ? state : null,
    path: filled(device.attributeAt('source', 'path') ?? device.attribute('tty')),
    alias: deviceAlias(device),
  };
}

/**
 * What a text console can be opened on, in libvirt's order. The first `<console>` of a machine with a serial port is that port once
 * more (virDomainDefAddConsoleCompat), so it is left out.
 */
export function textConsoles(
  serials: readonly CharacterModel[],
  consoles: readonly CharacterModel[],
): CharacterModel[] {
  const own = consoles.filter(
    (console) => serials.length === 0 || (console.targetType ?? 'serial') !== 'serial',
  );
  return [...serials, ...own];
}

export const AGENT_CHANNEL = 'org.qemu.guest_agent.0';

/** The guest agent as libvirt sees its channel; `disconnected` too when the machine does not run. */
export function agentState(channels: readonly CharacterModel[]): 'none' | 'disconnected' | 'connected' {
  const channel = channels.find((candidate) => candidate.targetName === AGENT_CHANNEL);
  if (channel === undefined) return 'none';
  return channel.state === 'connected' ? 'connected' : 'disconnected';
}
