import { queryOptions } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import type { MailSettings } from '../../shared/api/types';

/** Whether mail goes out, and how much waits; for who may see settings. */
export const mailSettingsQuery = queryOptions({
  queryKey: ['mail-settings'],
  queryFn: ({ signal }): Promise<MailSettings> => unwrap(client.GET('/web/settings/mail', { signal })),
  staleTime: 60_000,
});
