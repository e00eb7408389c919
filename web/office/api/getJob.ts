import { queryOptions } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import type { JobDetail } from '../../shared/api/types';

/** One job with everything that this person may see of it. */
export function jobQuery(uuid: string) {
  return queryOptions({
    queryKey: ['job', uuid],
    queryFn: ({ signal }): Promise<JobDetail> =>
      unwrap(client.GET('/web/jobs/{uuid}', { params: { path: { uuid } }, signal })),
  });
}
