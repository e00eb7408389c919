import { IconMailPause } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMe } from '../api/getMe';
import { mailSettingsQuery } from '../api/mailSettings';
import classes from './shell.module.css';

const SEES_SETTINGS = 'api.admin.settings.manage';

/** Says to who sets the installation up that mail waits, because there is no server for it. */
export function MailBanner() {
  const enabled = useMe().permissions.includes(SEES_SETTINGS);
  const { data } = useQuery({ ...mailSettingsQuery, enabled });

  if (!data || data.is_configured || data.waiting === 0) return null;
  return (
    <div className={classes['banner']} role="status">
      <IconMailPause size={17} stroke={1.8} aria-hidden />
      <span>
        {data.waiting === 1 ? '1 mail waits' : `${data.waiting.toLocaleString()} mails wait`}: no mail server
        is set up. Set FIRSTFIX_SMTP_URL to send mail.
      </span>
    </div>
  );
}
