import { ActionIcon } from '@mantine/core';
import { IconMenu2, IconSearch } from '@tabler/icons-react';
import { Kbd } from '../ui/parts';
import { MOD } from '../ui/shortcuts';
import { AccountMenu } from './AccountMenu';
import classes from './shell.module.css';
import { ThemeMenu } from './ThemeMenu';

interface Props {
  onMenu: () => void;
  onFind: () => void;
  onHelp: () => void;
}

/** The bar above every screen. */
export function TopBar({ onMenu, onFind, onHelp }: Props) {
  return (
    <header className={classes['top']}>
      <ActionIcon
        className={classes['burger'] ?? ''}
        variant="subtle"
        color="gray"
        size={34}
        aria-label="Open the menu"
        onClick={onMenu}
      >
        <IconMenu2 size={20} stroke={1.7} aria-hidden />
      </ActionIcon>
      <button type="button" className={classes['find']} onClick={onFind} aria-keyshortcuts="Control+K">
        <IconSearch size={15} stroke={1.8} aria-hidden />
        <span>Search or jump to</span>
        <Kbd>{`${MOD} K`}</Kbd>
      </button>
      <div className={classes['spacer']} />
      <ThemeMenu />
      <AccountMenu onHelp={onHelp} />
    </header>
  );
}
