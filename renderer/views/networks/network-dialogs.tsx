import { closeNetworkDialog, useNetworkDialog } from './dialogs.ts';
import { DnsDialog } from './dns-dialog.tsx';
import { FixedDialog } from './fixed-dialog.tsx';
import { LossDialog } from './loss-dialog.tsx';
import { PortGroupDialog } from './port-group-dialog.tsx';
import { NetworkSheet } from './sheet/network-sheet.tsx';

/** The dialog that is open. */
export function NetworkDialogs() {
  const dialog = useNetworkDialog();
  if (dialog === null) return null;
  const onClose = closeNetworkDialog;
  switch (dialog.kind) {
    case 'create':
      return <NetworkSheet host={dialog.host} network={null} onClose={onClose} />;
    case 'edit':
      return <NetworkSheet host={dialog.network.host} network={dialog.network} onClose={onClose} />;
    case 'stop':
    case 'delete':
    case 'restart':
      return <LossDialog what={dialog.kind} network={dialog.network} onClose={onClose} />;
    case 'fixed':
      return <FixedDialog {...dialog} onClose={onClose} />;
    case 'dns':
      return <DnsDialog network={dialog.network} before={dialog.before} onClose={onClose} />;
    case 'portGroup':
      return <PortGroupDialog network={dialog.network} before={dialog.before} onClose={onClose} />;
  }
}
