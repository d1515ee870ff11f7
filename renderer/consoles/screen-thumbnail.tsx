import { useInViewport } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../main/contract/domain.ts';
import { hasContainers, useHost } from '../state/inventory.ts';
import { navigate } from '../state/router.ts';
import { useStateWord } from '../ui/state-label.tsx';
import classes from './consoles.module.css';
import { useScreenshots } from './screenshots.ts';

/** A machine's screen as a picture that is renewed while it is in view. Opens the console. */
export function ScreenThumbnail({ domain }: { domain: Domain }) {
  const { t } = useTranslation('console');
  const { ref, inViewport } = useInViewport<HTMLButtonElement>();
  const { host, uuid, name } = domain;
  const its = useHost(host);
  const connected = its?.state === 'connected';
  const container = hasContainers(its);
  const runs = domain.id !== null;
  const { url, failure } = useScreenshots(domain, inViewport && runs && connected && !container);
  const state = useStateWord()(domain);
  const shown = runs ? url : null;
  return (
    <button
      ref={ref}
      type="button"
      className={classes['thumb']}
      aria-label={t('openOf', { name })}
      onClick={() => navigate({ page: 'machine', host, uuid, tab: 'console' })}
    >
      {shown !== null && (
        <img src={shown} alt="" data-dim={!connected || domain.state === 'paused'} draggable={false} />
      )}
      {shown === null && (
        <span className={classes['thumbText']}>
          {!runs
            ? state
            : container
              ? t('thumb.container')
              : failure === null
                ? connected
                  ? t('thumb.wait')
                  : ''
                : t('thumb.none')}
        </span>
      )}
    </button>
  );
}
