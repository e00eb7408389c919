import { Modal } from '@mantine/core';
import { SHORTCUTS } from '../ui/keys';
import { Kbd } from '../ui/parts';
import classes from './shell.module.css';

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** All keys, by place. */
export function ShortcutList({ opened, onClose }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Keyboard shortcuts"
      size={720}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes['keys']}>
        {SHORTCUTS.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(({ keys, does }) => (
                <div key={does} style={{ display: 'contents' }}>
                  <dt>{does}</dt>
                  <dd>
                    {keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
