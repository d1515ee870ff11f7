import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/dialog.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import classes from './keys-dialog.module.css';

/** Every key of the window, by where it works. The words are `frame:keys.<name>`. */
const KEYS = {
  everywhere: [
    ['search', ['Ctrl K']],
    ['create', ['n']],
    ['sidebar', ['Ctrl B']],
    ['drawer', ['Ctrl J']],
    ['machines', ['g', 'm']],
    ['storage', ['g', 's']],
    ['networks', ['g', 'n']],
    ['help', ['?']],
  ],
  list: [
    ['move', ['j', 'k', '↑', '↓', 'Home', 'End']],
    ['typeAhead', ['a … z']],
    ['filter', ['/']],
    ['select', ['x', 'Shift ↑↓', 'Ctrl A']],
    ['page', ['Enter']],
    ['console', ['Ctrl Enter']],
    ['peek', ['Space']],
    ['start', ['s']],
    ['shutdown', ['Shift S']],
    ['menu', ['Shift F10']],
  ],
  storage: [
    ['move', ['j', 'k', '↑', '↓', 'Home', 'End']],
    ['choose', ['Enter']],
    ['back', ['Escape']],
    ['filter', ['/']],
    ['deleteVolume', ['Delete']],
  ],
  networks: [
    ['chooseNetwork', ['j', 'k', '↑', '↓', 'Home', 'End']],
    ['filter', ['/']],
    ['tabs', ['Ctrl 1 … 9', 'Ctrl Tab']],
  ],
  wizard: [
    ['sections', ['Ctrl 1 … 9']],
    ['submit', ['Ctrl Enter']],
  ],
  machine: [
    ['tabs', ['Ctrl 1 … 9', 'Ctrl Tab']],
    ['leave', ['Right Ctrl']],
  ],
} as const;

export function KeysDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('frame');
  return (
    <Dialog title={t('keys.title')} size={560} onClose={onClose}>
      <div className={classes['groups']}>
        <Group title={t('keys.everywhere')} lines={KEYS.everywhere} />
        <Group title={t('keys.list')} lines={KEYS.list} />
        <Group title={t('keys.inStorage')} lines={KEYS.storage} />
        <Group title={t('keys.inNetworks')} lines={KEYS.networks} />
        <Group title={t('keys.inWizard')} lines={KEYS.wizard} />
        <Group title={t('keys.machine')} lines={KEYS.machine} />
      </div>
    </Dialog>
  );
}

type Line = (typeof KEYS)[keyof typeof KEYS][number];

function Group({ title, lines }: { title: string; lines: readonly Line[] }) {
  const { t } = useTranslation('frame');
  return (
    <section className={classes['group']}>
      <h3>{title}</h3>
      <dl>
        {lines.map(([name, keys]) => (
          <div key={name}>
            <dt>{t(`keys.${name}`)}</dt>
            <dd>
              {keys.map((key) => (
                <Kbd key={key} keys={key} />
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
