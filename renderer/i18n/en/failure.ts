export const failure = {
  copyDetails: 'Copy details',
  addHost: 'Add the host…',
  keyKnown: 'known  ',
  keyOffered: 'offered',
  keyFile: 'in     ',
  keyMend:
    'If you know that the host was reinstalled or its key replaced, forget the old key with this line, then connect again and compare the new fingerprint:',
  meaning: {
    NOT_FOUND: 'It was removed or renamed since this view was drawn, or never existed on this host.',
    CONFLICT: 'Its present state does not allow this. Another client may have changed it a moment ago.',
    HOST_UNREACHABLE:
      'Nothing answers there. The name or port may be wrong, the host off, or a firewall or VPN in between.',
    AUTH_FAILED:
      'The host answered, and none of your keys or passwords was accepted. Check the user name and that your public key is in its authorized_keys.',
    HOST_KEY_CHANGED:
      'The host shows another key than the one known for it. It was reinstalled, or something between you and it answers in its place. Nothing was sent.',
    HOST_KEY_REFUSED: 'The host’s key was not accepted, so nothing was sent to it.',
    PERMISSION:
      'You are logged in, but this user may not use libvirt there. Usually the user has to be in the group “libvirt”, or log in as root.',
    LIBVIRT_NOT_RUNNING:
      'You are logged in, but no libvirt daemon listens there. Usually “systemctl enable --now libvirtd.socket” (or virtqemud.socket) on the host mends it.',
    LINK_LOST:
      'The link went while waiting for the answer. The host may have done it or not: look before you repeat it.',
    TIMEOUT: 'The host took too long to answer. It may still do it: look before you repeat it.',
    CANCELLED: 'It was ended because you asked for it.',
    UNSUPPORTED: 'This host, its libvirt version or its hypervisor cannot do this.',
    LIBVIRT: 'libvirt on the host refused it for the reason above.',
    INTERNAL: 'This is a fault of Virtlane itself. The details help to mend it.',
  },
};
