import { Menu } from '@mantine/core';
import { IconKeyboard, IconLogout } from '@tabler/icons-react';
import { useMe } from '../api/getMe';
import { Avatar } from '../ui/parts';
import { singleKeys, useSingleKeys } from '../ui/shortcuts';
import classes from './shell.module.css';
import { useSignOut } from './useSignOut';

/** Who is signed in, and the way out. */
export function AccountMenu({ onHelp }: { onHelp: () => void }) {
  const me = useMe();
  const keysAreOn = useSingleKeys();
  const leave = useSignOut();
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <button type="button" className={classes['account']}>
          <Avatar name={me.name} large />
          <span className="visually-hidden">Account of {me.name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes['who']}>
          <b>{me.name}</b>
          <span>{me.email}</span>
          <span>
            {me.role.name}, {me.organisation.name}
          </span>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconKeyboard size={16} stroke={1.7} aria-hidden />} onClick={onHelp}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.CheckboxItem checked={keysAreOn} onChange={singleKeys.turn}>
          Single-letter shortcuts
        </Menu.CheckboxItem>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.7} aria-hidden />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
