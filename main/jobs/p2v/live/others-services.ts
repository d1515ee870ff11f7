const OTHERS =
  /^(?:docker|containerd|podman|crio|k3s|kubelet|lxc|lxd|incus|libvirt-guests|libvirtd|virt(?:qemu|lxc|xen)d|snap\.docker\.dockerd|snap\.lxd\.daemon)$/;

/**
 * Services that run containers or guests for others: to stop one ends these with it, and its start does not start each of them again; or they
 * run on without it, and write on.
 * @param name of a unit of systemd's, with `.service` or without
 */
export function runsOthers(name: string): boolean {
  return OTHERS.test(name.replace(/\.service$/, ''));
}
