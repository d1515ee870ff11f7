import type { XmlElement } from '../../xml/index.ts';
import { exact, filled, flag, integer } from './values.ts';

export interface GraphicsListen {
  /** `address`, `network`, `socket` or `none`. */
  readonly type: string;
  readonly address: string | null;
  readonly network: string | null;
  readonly socket: string | null;
}

export interface GraphicsModel {
  /** `vnc`, `spice`, `rdp`, `sdl`, `dbus`, `egl-headless`… */
  readonly type: string;
  /** Null when libvirt has not chosen one (the machine does not run), or a socket is used. */
  readonly port: number | null;
  readonly tlsPort: number | null;
  readonly websocket: number | null;
  readonly autoport: boolean;
  readonly listens: readonly GraphicsListen[];
  /** Address of the first listen that has one. */
  readonly listen: string | null;
  readonly socket: string | null;
  /** A password is set. libvirt leaves it out without VIR_DOMAIN_XML_SECURE, so `false` is sure only for a secure XML. */
  readonly hasPassword: boolean;
  /** Only of a secure XML. Never to be logged or to be sent to a window but for its console. */
  readonly password: string | null;
  readonly passwordValidTo: string | null;
  readonly keymap: string | null;
  readonly sharePolicy: string | null;
}

export function readGraphics(graphics: XmlElement): GraphicsModel {
  const listens = graphics.findAll('listen').map(readListen);
  const password = graphics.attribute('passwd');
  return {
    type: graphics.attribute('type') ?? 'unknown',
    port: port(graphics.attribute('port')),
    tlsPort: port(graphics.attribute('tlsPort')),
    websocket: port(graphics.attribute('websocket')),
    autoport: readAutoport(graphics),
    listens,
    listen:
      listens.find((listen) => listen.address !== null)?.address ?? filled(graphics.attribute('listen')),
    socket: listens.find((listen) => listen.socket !== null)?.socket ?? exact(graphics.attribute('socket')),
    hasPassword: password !== null,
    password,
    passwordValidTo: filled(graphics.attribute('passwdValidTo')),
    keymap: filled(graphics.attribute('keymap')),
    sharePolicy: filled(graphics.attribute('sharePolicy')),
  };
}

function readListen(listen: XmlElement): GraphicsListen {
  return {
    type: listen.attribute('type') ?? 'address',
    address: filled(listen.attribute('address')),
    network: filled(listen.attribute('network')),
    socket: exact(listen.attribute('socket')),
  };
}

/** Left out, it follows from the ports: -1, or none at all, is a wish for one that libvirt chooses. */
function readAutoport(graphics: XmlElement): boolean {
  const told = graphics.attribute('autoport');
  if (told !== null) return flag(told);
  const ports = [graphics.attribute('port'), graphics.attribute('tlsPort')];
  return ports.includes('-1') || ports.every((one) => one === null);
}

/** libvirt writes -1 for "not chosen yet". */
function port(text: string | null): number | null {
  const value = integer(text);
  return value === null || value < 1 || value > 65535 ? null : value;
}
