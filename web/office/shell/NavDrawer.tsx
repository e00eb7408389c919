import { Drawer } from '@mantine/core';
import { Nav } from './Nav';
import classes from './shell.module.css';

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** The navigation on a narrow screen. */
export function NavDrawer({ opened, onClose }: Props) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size={260}
      padding="xs"
      title="Menu"
      closeButtonProps={{ 'aria-label': 'Close the menu' }}
    >
      <nav className={classes['drawer']} aria-label="Main" onClick={onClose}>
        <Nav />
      </nav>
    </Drawer>
  );
}
