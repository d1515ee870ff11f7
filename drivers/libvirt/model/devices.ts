import type { XmlElement } from '../../xml/index.ts';
import { count, deviceAlias, deviceBootOrder, filled, flag, integer, pciAddress } from './values.ts';

export interface VideoModel {
  readonly model: string;
  readonly heads: number;
  readonly vramKiB: number | null;
  readonly primary: boolean;
  readonly accel3d: boolean;
}

export function readVideo(video: XmlElement): VideoModel {
  const model = video.find('model');
  return {
    model: model?.attribute('type') ?? 'unknown',
    heads: count(model?.attribute('heads')) ?? 1,
    vramKiB: count(model?.attribute('vram')),
    primary: flag(model?.attribute('primary')),
    accel3d: flag(model?.attributeAt('acceleration', 'accel3d')),
  };
}

export interface BalloonModel {
  /** `virtio`, `virtio-non-transitional`, `xen` or `none`. */
  readonly model: string;
  /** Seconds between two statistics of the guest; null when they are off. */
  readonly periodSec: number | null;
  readonly autodeflate: boolean;
}

export function readBalloon(balloon: XmlElement): BalloonModel {
  const period = count(balloon.attributeAt('stats', 'period'));
  return {
    model: balloon.attribute('model') ?? 'unknown',
    periodSec: period === 0 ? null : period,
    autodeflate: flag(balloon.attribute('autodeflate')),
  };
}

export interface TpmModel {
  readonly model: string | null;
  readonly backend: string | null;
  /** `1.2` or `2.0`. */
  readonly version: string | null;
}

export function readTpm(tpm: XmlElement): TpmModel {
  return {
    model: filled(tpm.attribute('model')),
    backend: filled(tpm.attributeAt('backend', 'type')),
    version: filled(tpm.attributeAt('backend', 'version')),
  };
}

export interface HostDeviceModel {
  readonly mode: string;
  /** `pci`, `usb`, `scsi`, `scsi_host`, `mdev`… */
  readonly type: string;
  readonly managed: boolean;
  /** `0000:01:00.0`, `046d:c52b`, `scsi_host2:0:1:3`, a mediated device's UUID, an iSCSI name, a path, … */
  readonly address: string | null;
  readonly bootOrder: number | null;
  readonly alias: string | null;
}

export function readHostDevice(device: XmlElement): HostDeviceModel {
  const type = device.attribute('type') ?? 'unknown';
  const source = device.find('source');
  return {
    mode: device.attribute('mode') ?? 'subsystem',
    type,
    managed: flag(device.attribute('managed')),
    address: source === null ? null : hostAddress(source, type),
    bootOrder: deviceBootOrder(device),
    alias: deviceAlias(device),
  };
}

function hostAddress(source: XmlElement, type: string): string | null {
  const address = source.find('address');
  if (type === 'pci') return pciAddress(address);
  if (type === 'usb') {
    const [vendor, product] = [source.attributeAt('vendor', 'id'), source.attributeAt('product', 'id')];
    const [vendorId, productId] = [integer(vendor), integer(product)];
    if (vendorId !== null && productId !== null)
      return [vendorId, productId].map((id) => id.toString(16).padStart(4, '0')).join(':');
    const [bus, unit] = [address?.attribute('bus'), address?.attribute('device')];
    return bus == null || unit == null ? null : `${bus}:${unit}`;
  }
  const adapter = source.attributeAt('adapter', 'name');
  if (adapter !== null) {
    const unit = ['bus', 'target', 'unit'].map((part) => address?.attribute(part) ?? '0');
    return [adapter, ...unit].join(':');
  }
  return filled(
    address?.attribute('uuid') ??
      source.attribute('wwpn') ??
      source.attribute('name') ??
      // Of a container: <block>, <char> or <interface>.
      source.children.find(({ name }) => ['block', 'char', 'interface'].includes(name))?.text,
  );
}

export interface ControllerModel {
  readonly type: string;
  readonly index: number | null;
  readonly model: string | null;
}

export function readController(controller: XmlElement): ControllerModel {
  return {
    type: controller.attribute('type') ?? 'unknown',
    index: count(controller.attribute('index')),
    model: filled(controller.attribute('model')),
  };
}

export interface RngModel {
  readonly model: string;
  readonly backend: string | null;
  readonly source: string | null;
}

export function readRng(rng: XmlElement): RngModel {
  return {
    model: rng.attribute('model') ?? 'unknown',
    backend: filled(rng.attributeAt('backend', 'model')),
    source: filled(rng.textAt('backend')),
  };
}

export interface WatchdogModel {
  readonly model: string;
  readonly action: string | null;
}

export function readWatchdog(watchdog: XmlElement): WatchdogModel {
  return {
    model: watchdog.attribute('model') ?? 'unknown',
    action: filled(watchdog.attribute('action')),
  };
}
