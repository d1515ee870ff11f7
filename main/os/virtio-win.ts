/**
 * The ISO with virtio's drivers for Windows. The name stays while builds change; the project publishes no checksums beside it
 * (https://github.com/virtio-win/virtio-win-pkg-scripts, “Direct downloads”).
 */
export const VIRTIO_WIN_URL =
  'https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/stable-virtio/virtio-win.iso';

/** What it is called in a pool. */
export const VIRTIO_WIN_NAME = 'virtio-win.iso';

/** A volume that is such an ISO by its name, as its makers and Fedora's package name it. */
export function isVirtioWinName(name: string): boolean {
  return /^virtio-win([-_.][\w.-]*)?[.]iso$/i.test(name);
}
