import { notifications } from '@mantine/notifications';
import { failureOf } from '../api/failure.ts';
import { FailureView } from './failure-view.tsx';

/** For a failure whose place is gone (a menu that has closed): shown until it is put away. */
export function notifyFailure(error: unknown): void {
  notifications.show({
    message: <FailureView failure={failureOf(error)} />,
    autoClose: false,
    withBorder: false,
    color: 'transparent',
    styles: { root: { padding: 4, paddingRight: 28 } },
  });
}
