import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { api } from '../../api/client.ts';
import { follow } from '../../api/follow.ts';
import classes from './hosts.module.css';

/** Told in this window already: after a lost connection the core tells all of them again. */
const told = new Set<string>();

/** What the core wants a person to know (contract/app.ts, Notice): shown once, until it is put away. */
export function Notices() {
  useEffect(() => {
    const end = new AbortController();
    void follow(
      (signal) => api.app.notices(undefined, { signal }),
      (notices) => {
        for (const { id, message, detail } of notices) {
          if (told.has(id)) continue;
          told.add(id);
          notifications.show({
            id,
            message: (
              <>
                {message}
                {detail !== undefined && <pre className={classes['words']}>{detail}</pre>}
              </>
            ),
            autoClose: false,
            color: 'var(--warn)',
            styles: { root: { paddingBlock: 12 } },
          });
        }
      },
      end.signal,
    );
    return () => end.abort();
  }, []);
  return null;
}
