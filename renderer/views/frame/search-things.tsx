import { Spotlight } from '@mantine/spotlight';
import { IconDatabase, IconNetwork, IconServer2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useHost } from '../../state/inventory.ts';
import { navigate, type Route } from '../../state/router.ts';
import { nameOf, type FoundThing } from './find-things.ts';
import classes from './search.module.css';

const ICONS = { pool: IconServer2, volume: IconDatabase, network: IconNetwork };

function routeOf(thing: FoundThing): Route {
  const { host } = thing;
  if (thing.kind === 'network')
    return { page: 'networks', view: 'networks', network: { host, uuid: thing.network.uuid } };
  const pool = { host, uuid: thing.pool.uuid };
  return thing.kind === 'pool'
    ? { page: 'storage', pool }
    : { page: 'storage', pool, volume: thing.volume.name };
}

/** Where it is: the folder of a pool, the pool of a volume, the bridge of a network. */
function placeOf(thing: FoundThing): string {
  if (thing.kind === 'network') return thing.network.bridge ?? '';
  return thing.kind === 'pool' ? (thing.pool.path ?? '') : thing.pool.name;
}

/** A line of the search: a pool, a volume or a network. */
export function ThingLine({ thing, onChoose }: { thing: FoundThing; onChoose: () => void }) {
  const { t } = useTranslation('frame');
  const host = useHost(thing.host);
  const Icon = ICONS[thing.kind];
  const place = placeOf(thing);
  return (
    <Spotlight.Action
      className={classes['action'] ?? ''}
      onClick={() => {
        onChoose();
        navigate(routeOf(thing));
      }}
    >
      <div className={classes['line']}>
        <Icon size={14} aria-hidden="true" />
        <span className="strong truncate">{nameOf(thing)}</span>
        <span className="muted small">{t(`found.${thing.kind}`)}</span>
        <span className={`faint small mono truncate ${classes['end']}`} title={place}>
          {place}
        </span>
        <span className={`muted small truncate ${classes['end']} ${classes['wide']}`}>{host?.name}</span>
      </div>
    </Spotlight.Action>
  );
}

/** What identifies a line among the others. */
export function keyOfThing(thing: FoundThing): string {
  const { host, kind } = thing;
  const parts =
    thing.kind === 'network'
      ? [thing.network.uuid]
      : [thing.pool.uuid, thing.kind === 'volume' ? thing.volume.name : ''];
  return [kind, host, ...parts].join('\n');
}
